"""What a scripted agent is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from typing import Any, TypeAlias

from benchmarks.faults.session import Session


@dataclass(frozen=True, slots=True)
class Check:
    """The success check of a run, as its author would write it."""

    ok: bool
    name: str
    detail: str
    """What was expected and what was found."""


Act: TypeAlias = Callable[[Session, Any], None]


@dataclass(frozen=True, slots=True)
class Agent:
    """A policy in a world."""

    name: str
    instructions: str
    world: Callable[[Random], Any]
    """Makes the world of a run; it has `task`, `constraints` and tools, methods marked with `operations.tool`."""
    tools: tuple[str, ...]
    """Those the outermost agent may call."""
    act: Act
    """Works through the session until everything is done, and answers."""
    check: Callable[[Any, str], Check]
    """Whether it worked: judged by the world's state and the answer's text."""
    limit: int = 90
    """Turns of the model before a run is stopped."""


def difference(expected: Sequence[Any], found: Sequence[Any], answer: str) -> str:
    """The first thing that is not as expected, as a person would put it."""
    for want, got in zip_longest(expected, found):
        if want != got:
            return f"expected {_words(want)}, found {_words(got)}"
    return f"the answer does not fit: {answer}"


def _words(thing: Any) -> str:
    return "nothing" if thing is None else " ".join(map(str, thing)) if isinstance(thing, tuple) else str(thing)
