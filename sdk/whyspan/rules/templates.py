"""The standard DECLARE templates, each an automaton of a few states that looks at every event once.

A step is a pure function from a state to a state, so that a guard can try one and drop it when the call is blocked.
"Before" and "after" are strict: an event that is both `a` and `b` does not stand before itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

MAX_OPEN: Final = 1_000
"""Occurrences of `a` that may wait for their `b` at a time; of more, the oldest are no longer waited for."""


class Tick(NamedTuple):
    """When an event happened."""

    step: int
    """Its number among the events in the rule's scope."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Window:
    """How far apart two events may be, in steps, seconds or both."""

    steps: int | None = None
    seconds: float | None = None

    def holds(self, one: Tick, other: Tick) -> bool:
        """True when both distances are within the window."""
        return (self.steps is None or abs(other.step - one.step) <= self.steps) and (
            self.seconds is None or abs(other.seconds - one.seconds) <= self.seconds
        )


ALWAYS: Final = Window()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a rule sets of its template."""

    n: int = 1
    within: Window = ALWAYS


State: TypeAlias = Any
Step: TypeAlias = Callable[[State, bool, bool, Tick, Parameters], tuple[State, bool]]


@dataclass(frozen=True, slots=True)
class Template:
    """One template."""

    start: State
    step: Step
    """(state, whether the event is `a`, whether it is `b`, when, parameters) -> (state, whether it violates the rule)."""
    unfinished: Callable[[State, Parameters], bool]
    """Whether the run violates the rule by ending in this state."""
    says: str
    """What the template asks for, with `{a}`, `{b}` and `{n}`."""
    two: bool = False
    """True when it relates two predicates, `a` and `b`."""
    counts: bool = False
    windowed: bool = False
    prevents: bool = True
    """False when only the end of a run can violate it, so that no event is there to stop."""


def _never(_state: State, _parameters: Parameters) -> bool:
    return False


def _absence(state: State, a: bool, _b: bool, _now: Tick, _p: Parameters) -> tuple[State, bool]:
    return state, a


def _existence(state: int, a: bool, _b: bool, _now: Tick, _p: Parameters) -> tuple[int, bool]:
    return state + a, False


def _exactly(state: int, a: bool, _b: bool, _now: Tick, p: Parameters) -> tuple[int, bool]:
    return state + a, a and state + 1 > p.n


def _at_most(state: tuple[Tick, ...], a: bool, _b: bool, now: Tick, p: Parameters) -> tuple[tuple[Tick, ...], bool]:
    if not a:
        return state, False
    recent = (*(tick for tick in state if p.within.holds(tick, now)), now)[-(p.n + 1) :]
    return recent, len(recent) > p.n


def _init(state: bool, a: bool, _b: bool, _now: Tick, _p: Parameters) -> tuple[bool, bool]:
    return True, not state and not a


def _end(_state: bool | None, a: bool, _b: bool, _now: Tick, _p: Parameters) -> tuple[bool, bool]:
    return a, False


_Open: TypeAlias = tuple[Tick, ...]


def _still(waiting: _Open, now: Tick, p: Parameters) -> tuple[_Open, bool]:
    """Those that can still be answered, and whether one no longer can."""
    left = tuple(tick for tick in waiting if p.within.holds(tick, now))
    return left[-MAX_OPEN:], len(left) < len(waiting)


def _response(state: _Open, a: bool, b: bool, now: Tick, p: Parameters) -> tuple[_Open, bool]:
    left, late = _still(state, now, p)
    left = () if b else left
    return ((*left, now) if a else left), late


def _alternate_response(state: _Open, a: bool, b: bool, now: Tick, p: Parameters) -> tuple[_Open, bool]:
    left, late = _still(state, now, p)
    left = () if b else left
    return ((now,) if a else left), late or (a and bool(left))


def _responded_existence(
    state: tuple[_Open, Tick | None], a: bool, b: bool, now: Tick, p: Parameters
) -> tuple[tuple[_Open, Tick | None], bool]:
    waiting, latest = state
    left, late = _still(waiting, now, p)
    if b:
        left, latest = (), now
    if a and (latest is None or not p.within.holds(latest, now)):
        left = (*left, now)
    return (left, latest), late


def _precedence(state: Tick | None, a: bool, b: bool, now: Tick, p: Parameters) -> tuple[Tick | None, bool]:
    allowed = state is not None and p.within.holds(state, now)
    return (now if a else state), b and not allowed


def _chain_precedence(state: bool, a: bool, b: bool, _now: Tick, _p: Parameters) -> tuple[bool, bool]:
    return a, b and not state


def _not_succession(state: Tick | None, a: bool, b: bool, now: Tick, p: Parameters) -> tuple[Tick | None, bool]:
    forbidden = state is not None and p.within.holds(state, now)
    return (now if a else state), b and forbidden


def _waiting(state: _Open, _p: Parameters) -> bool:
    return bool(state)


def _too_few(state: int, p: Parameters) -> bool:
    return state < p.n


TEMPLATES: Final[dict[str, Template]] = {
    "absence": Template(None, _absence, _never, "never {a}"),
    "existence": Template(0, _existence, _too_few, "at least {n} times {a}", counts=True, prevents=False),
    "at_most": Template((), _at_most, _never, "at most {n} times {a}", counts=True, windowed=True),
    "exactly": Template(0, _exactly, _too_few, "exactly {n} times {a}", counts=True),
    "init": Template(False, _init, _never, "first {a}"),
    "end": Template(None, _end, lambda state, _: state is False, "last {a}", prevents=False),
    "responded_existence": Template(
        ((), None),
        _responded_existence,
        lambda state, _: bool(state[0]),
        "where there is {a} there is {b}",
        two=True,
        windowed=True,
        prevents=False,
    ),
    "response": Template((), _response, _waiting, "{a} is followed by {b}", two=True, windowed=True, prevents=False),
    "alternate_response": Template(
        (), _alternate_response, _waiting, "{a} is followed by {b} before the next {a}", two=True, windowed=True
    ),
    "precedence": Template(None, _precedence, _never, "{b} only after {a}", two=True, windowed=True),
    "chain_precedence": Template(False, _chain_precedence, _never, "{b} only right after {a}", two=True),
    "not_succession": Template(None, _not_succession, _never, "no {b} after {a}", two=True, windowed=True),
}
"""Name -> template."""
