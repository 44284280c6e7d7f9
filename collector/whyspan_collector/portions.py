"""Runs that are read together: enough of them to share what a query costs, few enough to hold."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

_SPANS_AT_ONCE: Final = 5_000
"""Spans of a portion: about 20 MB. A run that has more is a portion of its own."""


def portions(runs: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cuts rows that say how many `spans` a run has into lists to be read together, in their order."""
    portion: list[dict[str, Any]] = []
    spans = 0
    for run in runs:
        if portion and spans + run["spans"] > _SPANS_AT_ONCE:
            yield portion
            portion, spans = [], 0
        portion.append(run)
        spans += run["spans"]
    if portion:
        yield portion
