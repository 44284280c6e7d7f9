"""What became of failures a rule was made against: computed from the log of the rules and the runs since, never set by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

_IN_FORCE = ("activated", "shadowed")


class Effectiveness(StrEnum):
    """Whether a rule in force has done what it is for."""

    PREVENTED = "prevented"
    """The guard in the agent stopped calls that break it, and no run has failed of the same cause since."""
    CAME_BACK = "came back"
    """A run has failed of the same cause since."""
    QUIET = "quiet"
    """Neither: nothing tried since, or nothing that can be told."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One rule in force, and what happened since."""

    rule_id: str
    status: str
    since_ns: int
    """When it came into force for the first time since it was last retired, if it was."""
    person: str | None
    incident: str | None
    """Signature of the failure it was made against; None where it was not made from one, or the run is gone."""
    failures_before: int
    failures_since: int
    stopped_since: int
    """Runs in which the guard in the agent stopped a call that breaks it."""
    broken_since: int
    """Runs that broke it and were not stopped."""

    @property
    def effectiveness(self) -> Effectiveness:
        """The verdict, from the counts alone."""
        if self.failures_since:
            return Effectiveness.CAME_BACK
        return Effectiveness.PREVENTED if self.stopped_since else Effectiveness.QUIET


def ledger(store: "AnyStore") -> list[LedgerEntry]:
    """One entry for each rule in force, the latest first."""
    runs = {row["run_id"]: row for row in store.query("runs").to_pylist()}
    violations = store.query("rule_violations").to_pylist()
    events = store.query("rule_events").to_pylist()
    in_force = [row for row in store.query("rules").to_pylist() if row["action"] in _IN_FORCE]
    entries = [_entry(row, _since(events, row["rule_id"]), runs, violations) for row in in_force]
    return sorted(entries, key=lambda entry: (-entry.since_ns, entry.rule_id))


def _since(events: Sequence[Mapping[str, Any]], rule_id: str) -> int:
    since = 0
    for event in events:
        if event["rule_id"] == rule_id:
            since = (since or event["at_ns"]) if event["action"] in _IN_FORCE else 0
    return since


def _entry(
    row: Mapping[str, Any],
    since_ns: int,
    runs: Mapping[str, Mapping[str, Any]],
    violations: Sequence[Mapping[str, Any]],
) -> LedgerEntry:
    record = json.loads(row["record"])
    made_from = runs.get((record.get("proposed_from") or {}).get("run", ""))
    incident = made_from["signature"] if made_from is not None else None
    same = [run for run in runs.values() if incident is not None and run["signature"] == incident]
    since = [each for each in violations if each["rule_id"] == row["rule_id"] and each["start_ns"] >= since_ns]
    return LedgerEntry(
        rule_id=row["rule_id"],
        status=str(record.get("status")),
        since_ns=since_ns,
        person=row["person"],
        incident=incident,
        failures_before=sum(run["start_ns"] < since_ns for run in same),
        failures_since=sum(run["start_ns"] >= since_ns for run in same),
        stopped_since=sum(each["stopped"] for each in since),
        broken_since=sum(not each["stopped"] for each in since),
    )
