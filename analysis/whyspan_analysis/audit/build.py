"""The audit trail of some runs, and of what people did meanwhile."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias

from whyspan_analysis.audit.model import AuditEntry
from whyspan_analysis.audit.runs import entries_of
from whyspan_analysis.load import load_runs
from whyspan_analysis.output.parts import rfc3339
from whyspan_collector.chains import Chain, read_chains, words
from whyspan_collector.portions import portions
from whyspan_collector.service import AnyStore

_Placed: TypeAlias = tuple[int, AuditEntry]
"""Nanoseconds since the epoch, and the entry of that time."""


def trail(store: AnyStore, run_ids: Sequence[str] | None = None, since_ns: int | None = None) -> Iterator[AuditEntry]:
    """The entries, oldest first.

    Args:
        store: where runs and logs are.
        run_ids: only of these runs, and of what people said of them; None for all runs and all that people did.
        since_ns: only runs that started then or later, and what people did since; nanoseconds since the epoch.
    """
    placed = [*_by_runs(store, run_ids, since_ns), *_by_people(store, run_ids, since_ns)]
    placed.sort(key=itemgetter(0))
    yield from (entry for _, entry in placed)


def _by_runs(store: AnyStore, run_ids: Sequence[str] | None, since_ns: int | None) -> Iterator[_Placed]:
    rows = store.query("runs", since_ns=since_ns).to_pylist()
    for some in portions(row for row in rows if run_ids is None or row["run_id"] in run_ids):
        runs = load_runs(store, [row["run_id"] for row in some])
        chains = dict(read_chains(store.query, some))
        for row in some:
            run = runs.get(row["run_id"])
            done = list(entries_of(run)) if run is not None else []
            yield from done
            if done or run_ids is not None:
                yield row["end_ns"], _chain(row, chains[row["run_id"]])


def _chain(row: dict[str, Any], chain: Chain) -> AuditEntry:
    return AuditEntry(
        at=rfc3339(row["end_ns"]),
        kind="chain",
        run_id=row["run_id"],
        agent=row["agent"],
        subject=row["run_id"],
        text=" ".join(words(chain)),
        verdict=chain.state.value,
        proof=" ".join(segment.last for segment in chain.segments) or None,
    )


def _by_people(store: AnyStore, run_ids: Sequence[str] | None, since_ns: int | None) -> Iterator[_Placed]:
    for row in store.query("annotations").to_pylist():
        if run_ids is None or row["run_id"] in run_ids:
            yield row["at_ns"], _judgement(row)
    if run_ids is not None:
        return
    for row in store.query("rule_events").to_pylist():
        if since_ns is None or row["at_ns"] >= since_ns:
            yield row["at_ns"], _rule(row)
    for row in store.query("incident_events").to_pylist():
        if since_ns is None or row["at_ns"] >= since_ns:
            yield row["at_ns"], _incident(row)


def _rule(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=rfc3339(row["at_ns"]),
        kind="rule",
        who=row["person"],
        subject=row["rule_id"],
        text=row["note"] or "",
        verdict=row["action"],
        proof=row["hash"],
    )


_DONE: Final = {"owner": "assigned", "note": "noted", "test": "tested", "merge": "merged", "split": "split"}


def _incident(row: dict[str, Any]) -> AuditEntry:
    done = row["value"] if row["kind"] == "status" else _DONE[row["kind"]]
    about = (None if row["kind"] == "status" else row["value"], row["version"], row["other"])
    return AuditEntry(
        at=rfc3339(row["at_ns"]),
        kind="incident",
        who=row["person"],
        subject=row["incident"],
        text=" ".join(filter(None, about)),
        verdict=done,
        proof=row["hash"],
    )


def _judgement(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=rfc3339(row["at_ns"]),
        kind="judgement",
        run_id=row["run_id"],
        span_id=row["span_id"],
        who=row["person"],
        subject=row["run_id"],
        text=row["note"] or "",
        verdict=row["judgement"],
    )
