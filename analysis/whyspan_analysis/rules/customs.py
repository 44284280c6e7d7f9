"""What passing runs have in common: which calls always come before others, which arguments are always there."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from whyspan.rules.events import Event, On
from whyspan.rules.history import FUNCTIONS, History, is_blank
from whyspan_analysis.rules.history import PastRun

SUPPORT: Final = 3
"""Passing runs from which on a custom is one: with fewer, anything is always so."""
ANSWER: Final = "the answer"
"""Stands among the tools for giving the answer."""


@dataclass(slots=True)
class Customs:
    """What passing runs always did."""

    runs: Counter[str] = field(default_factory=Counter)
    """Tool, or `ANSWER` -> passing runs that called it."""
    before: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Tool, or `ANSWER` -> tool -> passing runs in which that one had succeeded before the first call of this one."""
    calls: Counter[str] = field(default_factory=Counter)
    repeated: set[str] = field(default_factory=set)
    """Tools that change something and were called twice with the same arguments in a passing run, nothing else changed between."""
    blank: Counter[str] = field(default_factory=Counter)
    """Tool -> passing runs in which it came back with nothing, or with zeros and empty texts only."""
    errors: Counter[str] = field(default_factory=Counter)
    """Type of a tool's error -> passing runs that got over one."""
    arguments: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Tool -> argument -> calls that had it."""

    def always_before(self, tool: str) -> list[str]:
        """The tools that had succeeded before this one was first called, in every passing run that did."""
        runs = self.runs[tool]
        return sorted(name for name, count in self.before[tool].items() if count == runs) if runs >= SUPPORT else []

    def always_with(self, tool: str) -> list[str]:
        """The arguments that every successful call of it had."""
        calls = self.calls[tool]
        return (
            sorted(name for name, count in self.arguments[tool].items() if count == calls) if calls >= SUPPORT else []
        )


def learn(runs: Iterable[PastRun]) -> Customs:
    """The customs of passing runs."""
    customs = Customs()
    for run in runs:
        for tool, done in done_before(run.stream).items():
            customs.runs[tool] += 1
            customs.before[tool].update(done)
        customs.repeated |= _repeated(run.stream)
        results = [event for event in run.stream if event.kind == On.RESULT]
        customs.blank.update({event.name for event in results if is_blank(event)})
        customs.errors.update({event.error_type for event in results if event.ok is False})
        for event in results:
            if event.ok and isinstance(event.args, dict):
                customs.calls[event.name] += 1
                customs.arguments[event.name].update(event.args.keys())
    return customs


def done_before(stream: Sequence[Event]) -> dict[str, frozenset[str]]:
    """Tool, or `ANSWER` -> the tools that had succeeded when it was first called."""
    done: set[str] = set()
    found: dict[str, frozenset[str]] = {}
    for event in stream:
        if event.kind == On.RESULT and event.ok:
            done.add(event.name)
        elif event.kind == On.CALL:
            found.setdefault(event.name, frozenset(done - {event.name}))
        elif event.kind == On.ANSWER:
            found.setdefault(ANSWER, frozenset(done))
    return found


def _repeated(stream: Sequence[Event]) -> set[str]:
    """The tools that changed something twice in the same way."""
    history, found = History(), set()
    for event in stream:
        if event.kind == On.CALL and event.changes and FUNCTIONS["repeats"].call({"e": event, "run": history}):
            found.add(event.name)
        history.feed(event)
    return found
