"""Where a failed run parts from the passing runs of the same task: what only it has, and what all of them have and it has not.

Facts are compared and not places, so no order of steps has to agree. What a passing run has itself that the others lack is the
noise of the task: what varies there tells nothing here.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from whyspan_analysis.case import Case
from whyspan_analysis.fields import refer, text
from whyspan_analysis.model import Beside, Ref, Run
from whyspan_analysis.moments import Moment, Part, read_moments, repeated
from whyspan_analysis.steps import Action, canonical
from whyspan_analysis.templates import template
from whyspan_analysis.values import Value, is_small, of_text

FactKind: TypeAlias = Literal["choice", "argument", "result", "error", "statement", "call", "repeat"]
Key: TypeAlias = tuple[str | None, ...]

PROSE_WORDS: Final = 4
"""From so many words on a text is prose, of which only the values are compared: two models never put it alike."""
PROSE: Final = "in prose"
"""Stands in the key of a value of a text before its shape."""
_INDEX: Final = re.compile(r"\[\d+\]")


class Fact(NamedTuple):
    """One value somewhere in a run."""

    kind: FactKind
    key: Key
    """Where such a value stands in any run of the task: the agent, the tool, the field."""
    value: str
    """Equal for equal values."""
    moment: Moment
    at: tuple[str, str]
    """Span id and path."""
    shown: str
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All of one run, in order."""

    run: Run
    all: list[Fact]
    values: dict[Key, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {})
        for fact in self.all:
            self.values.setdefault(fact.key, set()).add(fact.value)


@dataclass(frozen=True, slots=True)
class Parting:
    """One place where a run parts from all passing runs of its task."""

    fact: Fact
    """What only this run has; of something left out, what the first of the others has."""
    moment: Moment
    """Of this run: where it has it, or what it did instead."""
    left_out: bool
    beside: tuple[Beside, ...]
    """What stands there in the others, as far as they have anything there."""
    theirs: str = ""
    """The same, of the first of them."""


def partings(case: Case) -> list[Parting]:
    """The first step with something no passing run of the task has, and the first thing all of them did that is missing.

    At least two passing runs: beside a single one nobody can tell what varies anyway.
    """
    if len(case.siblings) < ENOUGH:
        return []
    here, there = read_facts(case), [read_facts(sibling) for sibling in case.siblings]
    noise = _Noise(there)
    new, left_out = next(_new(here, there, noise), None), _left_out(here, there, noise)
    if new is not None and left_out is not None and new.moment is left_out.moment:
        left_out = None  # a call with another argument is the call they made, made otherwise
    return [parting for parting in (new, left_out) if parting is not None]


ENOUGH: Final = 2
"""Passing runs of the task without which nothing is said."""


class _Noise:
    """What varies among passing runs: a key at which one of them has what no other has."""

    def __init__(self, there: Sequence[Facts]) -> None:
        seen: dict[Key, Counter[str]] = {}
        for facts in there:
            for key, values in facts.values.items():
                seen.setdefault(key, Counter()).update(values)
        self._varying = {key: 1 in counts.values() for key, counts in seen.items()}
        self._prose = {key[:-1] for key, varies in self._varying.items() if varies and PROSE in key}

    def varies(self, key: Key) -> bool:
        """True when one of the passing runs would stand out at this key itself; of prose that none has the like of, anywhere in it."""
        return self._varying.get(key, key[:-1] in self._prose)


def _new(here: Facts, there: Sequence[Facts], noise: _Noise) -> Iterator[Parting]:
    """What no passing run has, in order."""
    for fact in sorted(here.all, key=lambda fact: fact.moment.order):
        if not any(fact.value in facts.values.get(fact.key, ()) for facts in there) and not noise.varies(fact.key):
            others = list(_instead(fact, here, there))
            beside = tuple(Beside(facts.run.run_id, refer_to(facts.run, other)) for facts, other in others)
            yield Parting(fact, fact.moment, left_out=False, beside=beside, theirs=others[0][1].shown if others else "")


def _instead(fact: Fact, here: Facts, there: Sequence[Facts]) -> Iterator[tuple[Facts, Fact]]:
    """What each passing run has at the place: a value this run lacks, else any."""
    known = here.values[fact.key]
    for facts in there:
        at_key = [other for other in facts.all if other.key == fact.key]
        other = next((each for each in at_key if each.value not in known), next(iter(at_key), None))
        if other is not None:
            yield facts, other


# --- what was left out ----------------------------------------------------------------------------------------------

_Step: TypeAlias = tuple[str, str | None, str, frozenset[tuple[Key, str]]]


def _left_out(here: Facts, there: Sequence[Facts], noise: _Noise) -> Parting | None:
    """The first call that all passing runs made and this one did not: it went on with something else after what came before."""
    mine, theirs = _steps(here, noise), [_steps(facts, noise) for facts in there]
    asked = [{step for step, fact in steps.items() if fact.kind in ("call", "argument")} for steps in theirs]
    missing = set.intersection(*asked) - mine.keys()
    before: int = -1
    for step, fact in theirs[0].items():
        if step in missing:
            after = [moment for moment in _choices(here) if moment.order > before] or _choices(here)[-1:]
            beside = tuple(
                Beside(facts.run.run_id, refer_to(facts.run, steps[step]))
                for facts, steps in zip(there, theirs, strict=True)
            )
            return Parting(fact, after[0], left_out=True, beside=beside) if after else None
        if step in mine:
            before = max(before, mine[step].moment.order)
    return None


def _steps(facts: Facts, noise: _Noise) -> dict[_Step, Fact]:
    """What was done, in order, each by what does not vary of it; without errors and results, for these were done to it."""
    told: dict[int, list[Fact]] = {}
    for fact in facts.all:
        if fact.kind in ("choice", "argument", "statement", "call"):
            told.setdefault(id(fact.moment), []).append(fact)
    steps: dict[_Step, Fact] = {}
    for some in told.values():
        moment = some[0].moment
        said = frozenset((fact.key, fact.value) for fact in some if not noise.varies(fact.key))
        if said:
            steps.setdefault((moment.kind, moment.agent, moment.name, said), some[0])
    return steps


def _choices(facts: Facts) -> list[Moment]:
    """The moments at which the agent chose, in order."""
    found = {id(fact.moment): fact.moment for fact in facts.all if fact.kind not in ("result", "error")}
    return sorted(found.values(), key=lambda moment: moment.order)


# --- facts ----------------------------------------------------------------------------------------------------------


def read_facts(case: Case) -> Facts:
    """What was chosen, asked for, returned and stated; errors without those of look-ups that were repeated with success."""
    again, times = repeated(case), Counter[tuple[str, str]]()
    found: list[Fact] = []
    for moment in read_moments(case, same_task=True):
        mended = bool(moment.actions) and all(id(action) in again for action in moment.actions)
        for part in moment.parts:
            if part.name != "error":
                found += _of_part(moment, part)
            elif not mended:
                words = str(part.value)
                found.append(
                    Fact(
                        "error",
                        (moment.agent, moment.name, "error"),
                        template(words),
                        moment,
                        (part.span_id, part.path),
                        words,
                    )
                )
        if moment.kind == "model call" or (moment.kind == "tool" and moment.actions[0].asked_by is None):
            found += _of_calls(moment, times, again)
    return Facts(case.run, found)


def _of_part(moment: Moment, part: Part) -> Iterator[Fact]:
    kind: FactKind = (
        "choice"
        if moment.kind == "decision"
        else "result"
        if part.name == "result"
        else "statement"
        if part.name == "answer"
        else "argument"
    )
    whose = (moment.kind, moment.agent, part.name, None if kind in ("argument", "statement") else moment.name)
    action = next(
        (action for action in moment.actions if part.name in ("result", f"arguments of `{action.name}`")), None
    )
    for path, scalar in part.facets.items():
        key = (*whose, _INDEX.sub("[]", path))
        at = (part.span_id, part.path + path)
        if isinstance(scalar, str) and len(scalar.split()) >= PROSE_WORDS:
            for value in (value for value in of_text(scalar) if not is_small(value)):
                yield Fact(kind, (*key, PROSE, _shape(value)), value.canon, moment, at, value.raw, action)
        else:
            yield Fact(kind, key, json.dumps(scalar, default=str), moment, at, text(scalar), action)


def _of_calls(moment: Moment, times: Counter[tuple[str, str]], again: set[int]) -> Iterator[Fact]:
    for action in moment.actions:
        at = _named_at(action)
        yield Fact("call", (moment.agent, "calls"), action.name, moment, at, action.name, action)
        if action.changes and id(action) not in again:
            call = action.name, canonical(action.arguments)
            times[call] += 1
            if times[call] > 1:
                yield Fact(
                    "repeat",
                    (moment.agent, action.name, "times"),
                    str(times[call]),
                    moment,
                    at,
                    str(times[call]),
                    action,
                )


def _named_at(action: Action) -> tuple[str, str]:
    """Where a call names its tool: the model's words, else the span's name."""
    if action.arguments_at is not None and action.arguments_at[1].startswith("output_messages"):
        return action.arguments_at[0], action.arguments_at[1].removesuffix(".value") + ".name"
    return action.span_id, "name"


def _shape(value: Value) -> str:
    """What kind of value it is; of a number also how many digits it has before the point, and whether any after it.

    The small numbers of an aside then do not hide an amount.
    """
    if value.kind != "number":
        return value.kind
    whole, point, _ = value.canon.lstrip("-").partition(".")
    return f"number {len(whole)}{point}"


def refer_to(run: Run, fact: Fact) -> Ref:
    """The evidence for a fact; the whole part where its value was sent as JSON text."""
    span_id, path = fact.at
    while True:
        try:
            return refer(run, span_id, path, fact.shown)
        except KeyError:
            path = re.sub(r"(?:\.[^.\[]*|\[[^\]]*\])$", "", path)
