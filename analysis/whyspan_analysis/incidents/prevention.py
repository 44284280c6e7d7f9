"""What was done about an incident, each with what came of it: rules made from its runs, tests written of them, fixes recorded."""

from typing import Any, Final

from whyspan_analysis.incidents.ledger import Done, Standing
from whyspan_analysis.incidents.model import Measure, Prevention, Status, moment
from whyspan_analysis.incidents.recurrence import Counts, Effectiveness, Recurrence, RuleMeasure
from whyspan_analysis.incidents.versions import Versions

_STATUS: Final[dict[tuple[str, bool], Status]] = {
    ("fix", True): "fixed",
    ("fix", False): "fixed before",
    ("test", False): "written",
}
"""By what was done, and whether it is the fix that counts."""


def prevention_of(incident: str, recurrence: Recurrence, standing: Standing, versions: Versions) -> Prevention | None:
    """All of it, and whether it worked; None where nothing was done, not even proposed."""
    measures = [_rule(rule, recurrence.of_rule(rule)) for rule in recurrence.against(incident)]
    measures += [
        _done(done, _STATUS[done.kind, done is standing.fix], recurrence.of_done(incident, done, versions))
        for done in standing.done
    ]
    if not measures:
        return None
    counts = recurrence.of_incident(incident, standing, versions)
    since = counts or Counts(0)
    return Prevention(
        state=counts.effectiveness.value if counts else None,
        since=moment(counts.since_ns) if counts else None,
        failures_before=since.failures_before,
        failures_since=since.failures_since,
        runs_since=since.runs_since,
        stopped_since=since.stopped_since,
        broken_since=since.broken_since,
        measures=measures,
    )


def _rule(rule: RuleMeasure, counts: Counts | None) -> Measure:
    return Measure(
        kind="rule",
        name=rule.rule_id,
        status=rule.status,  # type: ignore[arg-type] # pydantic checks what the store says
        at=None if rule.since_ns is None else moment(rule.since_ns),
        person=rule.person,
        stopped=rule.evidence.get("stopped"),
        hit=rule.evidence.get("hit"),
        **(_since(counts, worked=rule.status == "active") if counts else {}),
    )


def _done(done: Done, status: Status, counts: Counts) -> Measure:
    return Measure(
        kind=done.kind,
        name=done.name,
        status=status,
        at=moment(done.at_ns),
        person=done.person,
        **_since(counts, worked=True),
    )


def _since(counts: Counts, *, worked: bool) -> dict[str, Any]:
    state: Effectiveness | None = counts.effectiveness if worked else None
    return {
        "state": state and state.value,
        "failures_since": counts.failures_since,
        "runs_since": counts.runs_since,
        "stopped_since": counts.stopped_since,
    }
