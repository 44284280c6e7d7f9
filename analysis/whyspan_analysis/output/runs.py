"""`whyspan.runs/1`: the list of runs; and `whyspan.pins/1`, those retention leaves alone."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from whyspan_analysis.output.parts import Document, Grade, Status, Text, rfc3339


class Decisive(Document):
    """The step that decided the failure."""

    span_id: Text
    agent: Text | None
    tool: Text | None = Field(description="The bare tool name as sent.")


class RunEntry(Document):
    """One run of a list."""

    run_id: Text
    trace_ids: list[Text]
    agent: Text | None
    tags: list[Text] = Field(description="The labels the program gave it, sorted.")
    started_at: Text | None = Field(description="RFC 3339 in UTC; null where the clock of the run cannot be trusted.")
    duration_ms: float | None
    spans: int
    complete: bool = Field(description="False when a parent or the root is missing or a span never ended.")
    outcome: Status
    verdict: Text | None = Field(description="What decided the failure, in one line.")
    grade: Grade = Field(description="`none` unless the outcome is `failed`.")
    decisive: Decisive | None


class RunsDocument(Document):
    """What `whyspan runs --json` prints: all runs by started_at, then run_id. Depends on the stored spans and logs only."""

    schema_: Literal["whyspan.runs/1"] = Field(default="whyspan.runs/1", serialization_alias="schema")
    runs: list[RunEntry]


def runs_document(rows: Iterable[Mapping[str, Any]]) -> RunsDocument:
    """The document from rows of the query `runs`; a run that is not diagnosed yet has the outcome `unknown`."""
    entries = [_entry(row) for row in rows]
    entries.sort(key=lambda entry: (entry.started_at is None, entry.started_at or "", entry.run_id))
    return RunsDocument(runs=entries)


def _entry(row: Mapping[str, Any]) -> RunEntry:
    failed = row["outcome"] == "failed"
    decisive = None
    if failed and row["decisive_span_id"] is not None:
        decisive = Decisive(span_id=row["decisive_span_id"], agent=row["decisive_agent"], tool=row["decisive_tool"])
    return RunEntry(
        run_id=row["run_id"],
        trace_ids=sorted(row["trace_ids"]),
        agent=row["agent"],
        tags=row["tags"],
        started_at=rfc3339(row["start_ns"]) if row["clock_valid"] else None,
        duration_ms=(row["end_ns"] - row["start_ns"]) / 1e6 if row["clock_valid"] else None,
        spans=row["spans"],
        complete=row["complete"],
        outcome=row["outcome"] or "unknown",
        verdict=row["verdict"] if failed else None,
        grade=row["grade"] if failed else "none",
        decisive=decisive,
    )


class PinEntry(Document):
    """One pinned run."""

    run_id: Text
    reasons: list[Text]


class PinsDocument(Document):
    """What `whyspan pins --json` prints: the runs retention leaves alone, newest first."""

    schema_: Literal["whyspan.pins/1"] = Field(default="whyspan.pins/1", serialization_alias="schema")
    pins: list[PinEntry]


def pins_document(rows: Iterable[Mapping[str, Any]]) -> PinsDocument:
    """The document from rows of the query `pins`, in their order."""
    return PinsDocument(pins=[PinEntry(run_id=row["run_id"], reasons=row["reasons"]) for row in rows])
