"""Rules over a stream of events: what each event breaks, and what the end of the run breaks.

`consider` only tries an event; `commit` makes it history. A call that was blocked never happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import thread_time
from typing import Any, Final

from whyspan.rules.cel import Expression, NoAnswer
from whyspan.rules.cel.values import equal
from whyspan.rules.events import Event
from whyspan.rules.history import History, at
from whyspan.rules.lineage import canonical
from whyspan.rules.rule import CompiledRule
from whyspan.rules.templates import State, Tick

MAX_KEYS: Final = 1_000
"""Combinations of values a rule with `same` keeps apart in one run; of more, the first ones are forgotten."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule, broken at one event, or by the end of the run."""

    rule: CompiledRule
    event: Event | None
    """None when the run broke it by ending."""
    position: int | None
    """The event's number in the stream, from 0."""
    unchecked: bool = False
    """True when the rule could not be evaluated and asks for that to count."""


@dataclass(slots=True)
class _Progress:
    """One rule, in one run."""

    rule: CompiledRule
    steps: int = 0
    states: dict[Key, State] = field(default_factory=dict)


@dataclass(slots=True)
class Trial:
    """What an event would do."""

    event: Event
    violations: list[Violation]
    skipped: list[str]
    """Ids of the rules that there was no time for."""
    steps: list[tuple[_Progress, Key, State]]


class Evaluation:
    """Some rules, over one run."""

    def __init__(self, rules: Iterable[CompiledRule]) -> None:
        # those that must not be skipped come first, so that they never run out of time
        self._progress = [_Progress(rule) for rule in sorted(rules, key=lambda rule: not rule.rule.closed)]
        for progress in self._progress:
            if not progress.rule.rule.same:
                progress.states[()] = progress.rule.template.start
        self.history = History()
        self._position = 0

    def observe(self, event: Event) -> list[Violation]:
        """The event happened: what it broke."""
        trial = self.consider(event)
        self.commit(trial)
        return trial.violations

    def consider(self, event: Event, deadline: float | None = None) -> Trial:
        """What the event would break, if it happened. After the deadline (`time.thread_time`) only closed rules are evaluated."""
        trial = Trial(event, [], [], [])
        environment = {"e": event, "run": self.history}
        for progress in self._progress:
            rule = progress.rule.rule
            if not rule.scope.holds(event):
                continue
            if deadline is not None and not rule.closed and thread_time() > deadline:
                trial.skipped.append(rule.id)
                continue
            self._try(progress, environment, trial)
        return trial

    def _try(self, progress: _Progress, environment: dict[str, Any], trial: Trial) -> None:
        event, compiled = trial.event, progress.rule
        key = _key(event, compiled.rule.same)
        if key is None:
            return
        a, unanswered_a = _holds(compiled.a, environment)
        b, unanswered_b = (False, False) if compiled.b is None else _holds(compiled.b, environment)
        now = Tick(progress.steps, event.seconds)
        state, broken = compiled.template.step(
            progress.states.get(key, compiled.template.start), a, b, now, compiled.parameters
        )
        trial.steps.append((progress, key, state))
        unchecked = compiled.rule.closed and (unanswered_a or unanswered_b) and not broken
        if broken or unchecked:
            trial.violations.append(Violation(compiled, event, self._position, unchecked))

    def commit(self, trial: Trial) -> None:
        """The event of the trial has happened."""
        for progress, key, state in trial.steps:
            progress.steps += 1
            progress.states[key] = state
            if len(progress.states) > MAX_KEYS:
                progress.states.pop(next(iter(progress.states)))
        self.history.feed(trial.event)
        self._position += 1

    def finish(self) -> list[Violation]:
        """The run is over: what it broke by ending."""
        return [
            Violation(each.rule, None, None)
            for each in self._progress
            if any(each.rule.template.unfinished(state, each.rule.parameters) for state in each.states.values())
        ]


def evaluate(rules: Sequence[CompiledRule], events: Iterable[Event]) -> list[Violation]:
    """All that a finished run breaks, in order."""
    evaluation = Evaluation(rules)
    found = [violation for event in events for violation in evaluation.observe(event)]
    return [*found, *evaluation.finish()]


def _holds(expression: Expression, environment: dict[str, Any]) -> tuple[bool, bool]:
    """(whether it is true of the event, whether it has no answer)."""
    try:
        return equal(expression.evaluate(environment), True), False
    except (NoAnswer, RecursionError):
        return False, True


def _key(event: Event, paths: tuple[str, ...]) -> Key | None:
    """The values a rule keeps apart; None for an event that lacks one."""
    if not paths:
        return ()
    try:
        return tuple(canonical(at(event, path)) for path in paths)
    except NoAnswer:
        return None
