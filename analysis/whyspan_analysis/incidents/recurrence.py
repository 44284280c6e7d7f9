"""Whether what was done about a cause has worked: computed from the logs and the runs since, never set by hand.

Done about it was a rule that was made from one of its runs, a test that was written of one, or a fix that somebody recorded.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Any, Final, TypeAlias

from whyspan_analysis.incidents.ledger import Done, Ledger, Standing
from whyspan_analysis.incidents.versions import Versions
from whyspan_collector.service import AnyStore

_STATUS: Final = {"activated": "active", "shadowed": "shadow"}
_Row: TypeAlias = Mapping[str, Any]


class Effectiveness(StrEnum):
    """Whether something has done what it is for."""

    PREVENTED = "prevented"
    """The guard in the agent stopped calls that break the rule, and no run has failed of the same cause since."""
    CAME_BACK = "came back"
    """A run has failed of the same cause since."""
    QUIET = "quiet"
    """Neither: nothing tried since, or nothing that can be told."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to a cause before and after a moment."""

    since_ns: int
    failures_before: int = 0
    failures_since: int = 0
    """Runs that failed of it, but for those in which the guard stopped what they tried."""
    runs_since: int = 0
    """Diagnosed runs of the agents it happened to."""
    stopped_since: int = 0
    """Runs in which the guard in the agent stopped a call that breaks one of the rules against it."""
    broken_since: int = 0
    """Runs that broke one of them and were not stopped."""

    @property
    def effectiveness(self) -> Effectiveness:
        """The verdict, from the counts alone."""
        if self.failures_since:
            return Effectiveness.CAME_BACK
        return Effectiveness.PREVENTED if self.stopped_since else Effectiveness.QUIET


@dataclass(frozen=True, slots=True)
class RuleMeasure:
    """A rule as something that was done about a cause."""

    rule_id: str
    status: str
    """`candidate`, `shadow` or `active`."""
    incident: str | None
    """The incident of the run it was made from; None where it was not made from one, or the run is gone."""
    since_ns: int | None
    """When it came into force as it is; None for a candidate."""
    person: str | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """All rules, and the runs they are measured by."""

    rules: Sequence[RuleMeasure] = ()
    runs: Mapping[str, Sequence[_Row]] = field(default_factory=dict)
    """Incident -> rows of the query `recurrence`, oldest first."""
    by_agent: Mapping[str | None, Sequence[int]] = field(default_factory=dict)
    """Agent -> when its diagnosed runs began."""
    violations: Sequence[_Row] = ()

    def against(self, incident: str) -> list[RuleMeasure]:
        """The rules that were made from its runs."""
        return [rule for rule in self.rules if rule.incident == incident]

    def of_rule(self, rule: RuleMeasure) -> Counts | None:
        """What happened since a rule is in force; None for a candidate."""
        if rule.since_ns is None:
            return None
        return self._counts(rule.incident, rule.since_ns, [rule.rule_id], _began_after(rule.since_ns))

    def of_done(self, incident: str, done: Done, versions: Versions) -> Counts:
        """What happened since a fix or a test was recorded. Neither stops anything, so no run counts as stopped."""
        return self._counts(incident, done.at_ns, (), _shows_after(done, versions))

    def of_incident(self, incident: str, standing: Standing, versions: Versions) -> Counts | None:
        """What happened since something was last done: a rule made active, or a fix recorded. None where nothing was.

        A test changes nothing in the agent that runs: it counts from then on only where it is all that was done.
        """
        active = [rule for rule in self.against(incident) if rule.status == "active"]
        moments = [(rule.since_ns, _began_after(rule.since_ns)) for rule in active if rule.since_ns is not None]
        if standing.fix is not None:
            moments.append((standing.fix.at_ns, _shows_after(standing.fix, versions)))
        tests = [done for done in standing.done if done.kind == "test"]
        if not moments and tests:
            moments = [(tests[-1].at_ns, _began_after(tests[-1].at_ns))]
        if not moments:
            return None
        since, is_after = max(moments, key=itemgetter(0))
        return self._counts(incident, since, [rule.rule_id for rule in active], is_after)

    def _counts(
        self, incident: str | None, since_ns: int, rule_ids: Sequence[str], is_after: Callable[[_Row], bool]
    ) -> Counts:
        found = [row for row in self.violations if row["rule_id"] in rule_ids and row["start_ns"] >= since_ns]
        stopped = {row["run_id"] for row in found if row["stopped"]}
        same = self.runs.get(incident, ()) if incident is not None else ()
        agents = {row["agent"] for row in same} | {row["agent"] for row in found}
        return Counts(
            since_ns=since_ns,
            failures_before=sum(row["at_ns"] < since_ns for row in same),
            failures_since=sum(is_after(row) and row["run_id"] not in stopped for row in same),
            runs_since=sum(at_ns >= since_ns for agent in agents for at_ns in self.by_agent.get(agent, ())),
            stopped_since=len(stopped),
            broken_since=len({row["run_id"] for row in found} - stopped),
        )


def read_recurrence(store: AnyStore, ledger: Ledger) -> Recurrence:
    """Everything it is computed from."""
    runs: dict[str, list[_Row]] = {}
    by_agent: dict[str | None, list[int]] = {}
    incidents: dict[str, str] = {}
    for row in store.query("recurrence").to_pylist():
        by_agent.setdefault(row["agent"], []).append(row["at_ns"])
        if row["signature"] is not None:
            incidents[row["run_id"]] = ledger.incident(row["signature"])
            runs.setdefault(incidents[row["run_id"]], []).append(row)
    events = store.query("rule_events").to_pylist()
    rules = [_measure(row, events, incidents, ledger) for row in store.query("rules").to_pylist()]
    return Recurrence(rules, runs, by_agent, store.query("rule_violations").to_pylist())


def _measure(row: _Row, events: Iterable[_Row], incidents: Mapping[str, str], ledger: Ledger) -> RuleMeasure:
    record = json.loads(row["record"])
    made_from = record.get("proposed_from") or {}
    incident = incidents.get(made_from.get("run", ""))
    if incident is None and made_from.get("incident") is not None:  # the run is gone
        incident = ledger.incident(str(made_from["incident"]))
    status = str(record.get("status"))
    mine = [event for event in events if event["rule_id"] == row["rule_id"]]
    since, person = _in_force(mine, status)
    return RuleMeasure(row["rule_id"], status, incident, since, person, record.get("evidence") or {})


def _in_force(events: Iterable[_Row], status: str) -> tuple[int | None, str | None]:
    """Since when, without a break, a rule has this status, and who gave it; None for a candidate."""
    found: tuple[int | None, str | None] = None, None
    for event in events:
        became = _STATUS.get(event["action"])
        if became == status:
            found = found if found[0] is not None else (event["at_ns"], event["person"])
        else:
            found = None, None
    return found


def _shows_after(done: Done, versions: Versions) -> Callable[[_Row], bool]:
    return partial(shows_after_fix, done, versions) if done.kind == "fix" else _began_after(done.at_ns)


def _began_after(since_ns: int) -> Callable[[_Row], bool]:
    return lambda row: row["at_ns"] >= since_ns


def shows_after_fix(fix: Done, versions: Versions, run: _Row) -> bool:
    """True when a run (agent, version, at_ns) counts after the fix: its version holds it, or, where one is unknown, it began later."""
    if fix.name is not None and run["version"] is not None:
        return versions.reaches(run["agent"], run["version"], fix.name, fix.at_ns)
    return bool(run["at_ns"] > fix.at_ns)
