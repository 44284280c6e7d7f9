"""Rankings that know nothing of causes: what any diagnosis has to beat. They read steps in failbench's format."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

Steps: TypeAlias = Sequence[dict[str, Any]]

_CLAIM = re.compile(
    r"\b(?:I have|I've|we have|the following (?:are|is)|here (?:are|is)|I found|found that|according to"
    r"|the (?:answer|result) is|based on)\b",
    re.IGNORECASE,
)
_ERROR = re.compile(r"exitcode: [1-9]|\bTraceback \(|^Error\b", re.MULTILINE)


def _workers(steps: Steps) -> list[dict[str, Any]]:
    return [step for step in steps if step["kind"] in {"agent", "tool_call"}] or list(steps)


def _first_worker(steps: Steps) -> list[int]:
    return [step["i"] for step in _workers(steps)]


def _second_worker(steps: Steps) -> list[int]:
    first, *others = _first_worker(steps)
    return [*others, first]


def _last_worker(steps: Steps) -> list[int]:
    return _first_worker(steps)[::-1]


def _code_or_claim(steps: Steps) -> list[int]:
    workers = _workers(steps)
    chosen = [step for step in workers if "```" in step["content"]]
    chosen = chosen or [step for step in workers if _CLAIM.search(step["content"])]
    return [step["i"] for step in [*chosen, *(step for step in workers if step not in chosen)]]


def _first_error(steps: Steps) -> list[int]:
    """The step before each error, in order; then all others."""
    before = [one["i"] for one, other in pairwise(steps) if _ERROR.search(other["content"])]
    return list(dict.fromkeys([*before, *_all(steps)]))


def _last_step(steps: Steps) -> list[int]:
    return _all(steps)[::-1]


def _random(steps: Steps) -> list[int]:
    return Random(0).sample(_all(steps), len(steps))


def _all(steps: Steps) -> list[int]:
    return [step["i"] for step in steps]


RULES: dict[str, Callable[[Steps], list[int]]] = {
    "code, else a claim, first": _code_or_claim,
    "first worker turn": _first_worker,
    "second worker turn": _second_worker,
    "last worker turn": _last_worker,
    "first error": _first_error,
    "last step": _last_step,
    "random": _random,
}
"""The first four are the reference rules of failbench; of each group the best of all counts."""
