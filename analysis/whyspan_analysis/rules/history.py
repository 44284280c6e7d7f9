"""What rules would have done to stored runs: the failures they would have stopped in time, the good runs they would have hit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from whyspan.rules.evaluation import Evaluation, Violation
from whyspan.rules.events import STOPPABLE, Event, On
from whyspan.rules.rule import CompiledRule
from whyspan.semconv import Effect, Verdict
from whyspan_analysis.case import Case
from whyspan_analysis.model import Status
from whyspan_analysis.rules.interval import wilson
from whyspan_analysis.rules.stream import events

EXAMPLES: Final = 5
"""Run ids kept of each kind, to look at."""
_LASTING: Final = (Effect.IRREVERSIBLE, Effect.EXTERNAL)


@dataclass(frozen=True, slots=True)
class PastRun:
    """A stored run as rules are measured on it."""

    run_id: str
    status: Status
    stream: tuple[Event, ...]
    in_time: int
    """The last position at which stopping still helps: the first lasting action from the decisive step on, else the answer."""


def past_run(case: Case, decisive_span_id: str | None) -> PastRun:
    """A run with its events; `decisive_span_id` is where its diagnosis says that it was decided, None where none does."""
    stream = tuple(events(case))
    decisive = decisive_position(case, stream, decisive_span_id)
    return PastRun(case.run.run_id, case.outcome.status, stream, point_of_no_return(stream, decisive))


def decisive_position(case: Case, stream: Sequence[Event], span_id: str | None) -> int:
    """The first event of the decisive step: of its span or of what that led to; 0 where it is not known."""
    if span_id is None:
        return 0
    order = case.run.order[span_id]
    exact = (position for position, event in enumerate(stream) if event.span_id == span_id)
    later = (position for position, event in enumerate(stream) if case.run.order.get(event.span_id, -1) >= order)
    return next(exact, next(later, 0))


def point_of_no_return(stream: Sequence[Event], decisive: int) -> int:
    """The first lasting action from the decisive step on; without one the answer, or the last event.

    An action that failed lasts not; one that was carried out twice did its harm the second time.
    """
    undone = {event.span_id for event in stream if event.kind == On.RESULT and event.ok is False}
    lasting = [
        position
        for position, event in enumerate(stream)
        if position >= decisive and event.kind == On.CALL and event.effect in _LASTING and event.span_id not in undone
    ]
    if lasting:
        first = stream[lasting[0]]
        return next(
            (p for p in lasting[1:] if (stream[p].name, stream[p].args) == (first.name, first.args)), lasting[0]
        )
    return next((p for p in range(len(stream) - 1, -1, -1) if stream[p].kind == On.ANSWER), max(0, len(stream) - 1))


@dataclass(slots=True)
class Measured:
    """What one rule did on stored runs."""

    failed: int = 0
    """Failed runs in which it had something to look at."""
    stopped: int = 0
    """Of these, those it would have stopped in time."""
    late: int = 0
    """Of these, those it only noticed afterwards."""
    passing: int = 0
    """Passing runs in which it had something to look at."""
    hit: int = 0
    """Of these, those it would have hit."""
    unknown: int = 0
    """Runs of unknown outcome it would have hit; they count for nothing."""
    stopped_runs: list[str] = field(default_factory=list)
    hit_runs: list[str] = field(default_factory=list)
    lead_steps: list[int] = field(default_factory=list)
    """Of each failure stopped: how many tool calls it still made afterwards, the stopped one included."""
    lead_seconds: list[float] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """As the evidence of a rule; shares come with their 95 % interval."""
        stopped, hit = wilson(self.stopped, self.failed), wilson(self.hit, self.passing)
        return {
            "stopped": f"{self.stopped}/{self.failed} failures",
            "stopped_interval": [round(bound, 4) for bound in stopped],
            "late": self.late,
            "hit": f"{self.hit}/{self.passing} good runs",
            "hit_interval": [round(bound, 4) for bound in hit],
            "lead_calls": median(self.lead_steps) if self.lead_steps else None,
            "lead_seconds": round(median(self.lead_seconds), 3) if self.lead_seconds else None,
        }


def measure(rules: Sequence[CompiledRule], runs: Iterable[PastRun]) -> list[Measured]:
    """What each rule would have done, run by run; one pass over the runs."""
    found = [Measured() for _ in rules]
    numbers = {id(rule): number for number, rule in enumerate(rules)}
    for run in runs:
        evaluation = Evaluation(rules)
        violations: dict[int, Violation] = {}
        for event in run.stream:
            for violation in evaluation.observe(event):
                violations.setdefault(numbers[id(violation.rule)], violation)
        for violation in evaluation.finish():
            violations.setdefault(numbers[id(violation.rule)], violation)
        for number, rule in enumerate(rules):
            if any(map(rule.rule.scope.holds, run.stream)):
                _count(found[number], run, violations.get(number))
    return found


def _count(measured: Measured, run: PastRun, violation: Violation | None) -> None:
    if run.status is Status.UNKNOWN:
        measured.unknown += violation is not None
    elif run.status is Status.OK:
        if violation is not None and _was_stopped(violation, run):
            return  # it is good because a guard stopped what the rule is against
        measured.passing += 1
        if violation is not None:
            measured.hit += 1
            measured.hit_runs = [*measured.hit_runs, run.run_id][:EXAMPLES]
    else:
        measured.failed += 1
        if violation is not None and stops(violation, run):
            measured.stopped += 1
            measured.stopped_runs = [*measured.stopped_runs, run.run_id][:EXAMPLES]
            rest = run.stream[violation.position or 0 :]
            measured.lead_steps.append(sum(event.kind == On.CALL for event in rest))
            measured.lead_seconds.append(rest[-1].seconds - rest[0].seconds)
        elif violation is not None:
            measured.late += 1


def _was_stopped(violation: Violation, run: PastRun) -> bool:
    """True when a guard in the agent did not let it happen: its verdicts stand right behind a call, and before a result."""
    position = violation.position or 0
    result = violation.event is not None and violation.event.kind == On.RESULT
    for event in reversed(run.stream[:position]) if result else run.stream[position + 1 :]:
        if event.kind != On.GUARD:
            return False
        if event.out in (Verdict.BLOCK, Verdict.CHANGE):
            return True
    return False


def stops(violation: Violation, run: PastRun) -> bool:
    """True when a guard would have prevented it: the event can be stopped, and it is not too late."""
    event = violation.event
    return event is not None and event.kind in STOPPABLE and (violation.position or 0) <= run.in_time
