"""Which record a step is about: the ids in its words and its arguments."""

from collections.abc import Iterator
from typing import Any

from whyspan_analysis.values import Value, leaves, of_scalar, of_text


def ids_in(text: str) -> Iterator[Value]:
    """The ids in a text, in order."""
    return (value for value in of_text(text) if value.kind == "id")


def subjects(arguments: Any) -> Iterator[tuple[str, Value]]:
    """The ids a call is about, with their paths below `arguments`: arguments that are one id and nothing else."""
    for leaf in leaves(arguments, ""):
        found = of_scalar(leaf.value)
        if len(found) == 1 and found[0].kind == "id" and found[0].raw == str(leaf.value).lstrip("#"):
            yield leaf.path, found[0]
