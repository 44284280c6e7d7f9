"""What a scripted agent is."""

from collections.abc import Callable
from dataclasses import dataclass
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
