"""Which guard the calling code works under, and what it is told. Without one nothing here costs more than a look.

The guard itself is in `rule_guard`, which is imported only by programs that use it.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Final, Protocol

from whyspan.rules.effects import changes
from whyspan.rules.events import Event, On
from whyspan.values import to_json

BUDGET_SECONDS: Final = 0.005
"""Computing time the rules may take for one call; those that fail open and come too late are skipped."""


class GuardBlocked(Exception):
    """A rule did not let a call happen, or its result be used. The text is for the model: what, why, and what to do instead."""

    def __init__(self, what: str, rule: str, reason: str, *, done: str = "carried out") -> None:
        super().__init__(f"{what} was not {done}: {reason} (rule {rule})")
        self.what = what
        """The tool, its result, the agent that was to take over, or `the answer`."""
        self.rule = rule
        """Id of the rule."""
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Substitute:
    """What a dry run gave in the place of a call."""

    value: Any


class Enforcer(Protocol):
    """What looks at calls before they happen, and at results before the agent has them."""

    def happened(self, event: Event) -> None:
        """Something happened that nobody can stop any more."""

    def before(self, event: Event) -> Substitute | None:
        """Something is about to happen, or a result to be used. Gives a call's substitute, None where it may. Raises GuardBlocked."""


class Replaying(Protocol):
    """What answers calls from a recording, whatever guard looks at them first; see `whyspan.testing.replay`."""

    def around(self, guard: Enforcer | None) -> Enforcer:
        """Looks at calls as the guard does, and answers those that it lets through."""


_in_force: ContextVar[Enforcer | None] = ContextVar("whyspan-guard", default=None)
_everywhere: list[Enforcer] = []
_replays: list[Replaying] = []
"""Of the whole process: a tool that runs in a thread of its own must not slip out of a replay."""


def current() -> Enforcer | None:
    """The guard the calling code works under; None where nothing is guarded."""
    guard = _in_force.get() or (_everywhere[-1] if _everywhere else None)
    return _replays[-1].around(guard) if _replays else guard


@contextmanager
def replaying(replay: Replaying) -> Generator[None]:
    """Lets a replay answer every call of the process, for the time of a `with` block."""
    _replays.append(replay)
    try:
        yield
    finally:
        _replays.remove(replay)


def enter(guard: Enforcer) -> Token[Enforcer | None]:
    """Guards the calling code until `leave`."""
    return _in_force.set(guard)


def leave(token: Token[Enforcer | None]) -> None:
    """Ends what `enter` began."""
    _in_force.reset(token)


def everywhere(guard: Enforcer) -> None:
    """Guards the whole process, wherever no `enter` says otherwise."""
    _everywhere[:] = [guard]


def nowhere(guard: Enforcer) -> None:
    """Ends what `everywhere` began, unless another guard has taken over."""
    if _everywhere == [guard]:
        _everywhere.clear()


def tool_event(  # noqa: PLR0913 - what is known of a call
    kind: On, name: str, arguments: object, effect: str | None, *, schema: Any = None, runs: str = ""
) -> Event:
    """A tool's call or result as rules see it."""
    args = plain(arguments)
    return Event(kind, name, effect=effect or "", changes=changes(name, effect), args=args, schema=schema, runs=runs)


def plain(value: object) -> Any:
    """A value as it would be read back from a span: what a rule sees is the same in the agent and in storage."""
    if value is None or type(value) in (bool, float):
        return value
    written = to_json(value)
    try:
        return json.loads(written)
    except (ValueError, RecursionError):  # an integer of 4,300 digits
        return written


def read(written: str | None) -> Any:
    """JSON read back; None where it is none."""
    try:
        return None if written is None else json.loads(written)
    except (ValueError, RecursionError):
        return None
