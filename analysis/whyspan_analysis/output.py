"""The machine output: pydantic models of `runs --json`, `show --json` and `why --format json`.

These models are the contract. `python -m whyspan_analysis.output` writes their JSON Schemas to `docs/schemas`; fields
may be added to a version, what is there keeps its meaning.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from whyspan_analysis.model import (
    Beside,
    Change,
    DecisionNode,
    Diagnosis,
    Finding,
    Hypothesis,
    Outcome,
    Ref,
    Run,
    Suspects,
    Undoing,
)
from whyspan_analysis.taxonomy import Entry, taxonomy
from whyspan_collector.records import Span


def _writable(value: Any) -> Any:
    """Half of a surrogate pair is legal in a JSON string and cannot be written as UTF-8: it becomes `?`."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_writable)]
Status = Literal["ok", "failed", "unknown"]
Grade = Literal["none", "suspect", "likely", "strong", "verified"]
Knowledge = Literal["recorded", "derived", "inferred"]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class RefDocument(_Document):
    """A reference into the trace."""

    span_id: Text
    field: Text | None = Field(description="Where in the span, e.g. result.orders[2].id or attributes.<key>.")
    quote: Text | None = Field(description="The text found there, verbatim, cut to 160 characters.")


class BesideDocument(_Document):
    """A reference into the trace of another run."""

    run_id: Text
    ref: RefDocument


# --- whyspan.runs/1 ---------------------------------------------------------------------------------------------


class Decisive(_Document):
    """The step that decided the failure."""

    span_id: Text
    agent: Text | None
    tool: Text | None = Field(description="The bare tool name as sent.")


class RunEntry(_Document):
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


class RunsDocument(_Document):
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


def rfc3339(time_ns: int) -> str | None:
    """A time in UTC with nanoseconds, e.g. `2026-11-22T17:05:00.123456789Z`; None beyond the year 9999."""
    seconds, nanoseconds = divmod(time_ns, 10**9)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    except (ValueError, OverflowError, OSError):
        return None


# --- whyspan.run/1 ----------------------------------------------------------------------------------------------


class SpanDocument(_Document):
    """One span with its canonical columns."""

    trace_id: Text
    span_id: Text
    parent_span_id: Text | None
    name: Text
    kind: Text
    start_ns: int = Field(description="Nanoseconds since the epoch, as it came.")
    end_ns: int = Field(description="Likewise; 0 while the span is pending.")
    status: Text
    status_message: Text | None
    service: Text | None
    vocabulary: Text | None
    operation: Text | None
    agent: Text | None
    tool: Text | None
    tool_call_id: Text | None
    effect: Text | None
    request_model: Text | None
    response_model: Text | None
    provider: Text | None
    finish_reason: Text | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    session_id: Text | None
    user_id: Text | None
    error_type: Text | None
    error_message: Text | None


class SpanEntry(SpanDocument):
    """One span of a list."""

    run_id: Text


class SpansDocument(_Document):
    """What `whyspan spans --json` prints: newest first."""

    schema_: Literal["whyspan.spans/1"] = Field(default="whyspan.spans/1", serialization_alias="schema")
    spans: list[SpanEntry]


def spans_document(rows: Iterable[Mapping[str, Any]]) -> SpansDocument:
    """The document from rows of the query `spans`, in their order."""
    return SpansDocument(spans=[SpanEntry(**{name: row[name] for name in SpanEntry.model_fields}) for row in rows])


class PinEntry(_Document):
    """One pinned run."""

    run_id: Text
    reasons: list[Text]


class PinsDocument(_Document):
    """What `whyspan pins --json` prints: the runs retention leaves alone, newest first."""

    schema_: Literal["whyspan.pins/1"] = Field(default="whyspan.pins/1", serialization_alias="schema")
    pins: list[PinEntry]


def pins_document(rows: Iterable[Mapping[str, Any]]) -> PinsDocument:
    """The document from rows of the query `pins`, in their order."""
    return PinsDocument(pins=[PinEntry(run_id=row["run_id"], reasons=row["reasons"]) for row in rows])


class OptionDocument(_Document):
    """One way the agent could have gone."""

    label: Text
    chosen: bool
    score: float | None
    why_not: Text | None


class DecisionDocument(_Document):
    """A point where the agent chose between options."""

    decision_id: Text
    span_id: Text
    agent: Text | None
    source: Literal["recorded", "derived"]
    step: int
    question: Text
    options: list[OptionDocument]
    choice: Text | None
    rationale: Text | None
    confidence: float | None
    reversibility: Text | None
    evidence: list[RefDocument]
    led_to: list[Text]
    missing: list[Text]


class ChangeDocument(_Document):
    """One action that changed something outside the run, or may have."""

    span_id: Text
    tool: Text
    effect: Text | None = Field(description="As its author declared it.")
    undoing: Undoing = Field(description="`not declared` where only the tool's name says that it changes something.")
    certain: bool = Field(description="False when it came back with an error or not at all: it may have happened.")
    arguments: Text = Field(description="JSON with its keys in order, cut to 160 characters.")
    digest: Text = Field(description="SHA-256 of that JSON, uncut.")


class RunDocument(_Document):
    """What `whyspan show RUN --json` prints."""

    schema_: Literal["whyspan.run/1"] = Field(default="whyspan.run/1", serialization_alias="schema")
    run_id: Text
    spans: list[SpanDocument]
    decisions: list[DecisionDocument]
    changed_outside: list[ChangeDocument] = Field(description="What the run did to the world, in order.")
    missing: list[Text]


def run_document(run: Run, decisions: Iterable[DecisionNode], changed: Iterable[Change]) -> RunDocument:
    """The document of one run with its decisions and what it changed outside."""
    return RunDocument(
        run_id=run.run_id,
        spans=[_span(span) for span in run.spans],
        decisions=[_decision(node) for node in decisions],
        changed_outside=[change_document(change) for change in changed],
        missing=run.missing,
    )


def _span(span: Span) -> SpanDocument:
    return SpanDocument(**{name: getattr(span, name) for name in SpanDocument.model_fields})


def _decision(node: DecisionNode) -> DecisionDocument:
    fields = {name: getattr(node, name) for name in DecisionDocument.model_fields}
    fields["options"] = [OptionDocument(**asdict(option)) for option in node.options]
    fields["evidence"] = [ref_document(ref) for ref in node.evidence]
    return DecisionDocument(**fields)


# --- whyspan.diagnosis/1 ----------------------------------------------------------------------------------------


class OutcomeDocument(_Document):
    """How the run ended, and which check or sign says so."""

    status: Status
    check: Text
    class_: Knowledge = Field(serialization_alias="class")
    refs: list[RefDocument]


class TaxonomyDocument(_Document):
    """What the failure mode is called elsewhere; see `taxonomy.json` of the analysis."""

    mast: list[Text]
    trail: list[Text]
    owasp: list[Text]


class FindingDocument(_Document):
    """One detector's observation."""

    detector: Text
    role: Text
    span_id: Text
    field: Text | None = Field(description="Where the first piece of evidence stands.")
    quote: Text | None
    message: Text
    strength: float
    recovered: bool
    origin_span_id: Text | None
    bits: float | None = Field(
        description="What it is worth for this agent, where that is less than usual; 0: its detector is muted."
    )
    because: Text | None = Field(description="Why it is worth less, with the counts.")
    taxonomy: TaxonomyDocument
    refs: list[RefDocument]
    beside: list[BesideDocument] = Field(description="What passing runs of the same task have there.")


class Term(_Document):
    """One term of a score."""

    reason: Text
    bits: float


class HypothesisDocument(_Document):
    """A candidate cause."""

    rank: int
    span_id: Text
    agent: Text | None
    tool: Text | None
    decision_id: Text | None
    grade: Grade
    score: float = Field(description="Log-odds in bits: the sum of `unfold`.")
    origin_span_id: Text | None
    findings: list[FindingDocument]
    against: list[Text]
    unfold: list[Term]


class SentenceDocument(_Document):
    """One sentence of the causal chain."""

    text: Text
    class_: Knowledge = Field(serialization_alias="class")
    refs: list[RefDocument]
    beside: list[BesideDocument] = Field(
        default_factory=list, description="What passing runs of the same task have there."
    )


class SuspectsDocument(_Document):
    """The shortest list of steps that holds the cause in a known share of runs."""

    span_ids: list[Text] = Field(description="Empty where no list is short enough to be of use.")
    text: Text
    coverage: float = Field(description="The share of lists that is to hold the cause.")
    measured: float = Field(description="The share that did, on injected faults held out from the calibration.")
    lists: int = Field(description="Of so many lists.")


class RefusedDocument(_Document):
    """A claim of a model that was not kept."""

    text: Text
    because: Text


class OpinionDocument(_Document):
    """What a model said about the diagnosis, on request. It changes nothing; its citations were checked, its claims were not."""

    model: Text
    choice_span_id: Text | None = Field(description="The candidate it would blame; null without a claim that was kept.")
    claims: list[SentenceDocument] = Field(description="Of class inferred, each with at least one citation that holds.")
    refused: list[RefusedDocument] = Field(description="Claims without a citation that holds.")
    trouble: Text | None = Field(description="Why there is no opinion.")


class DiagnosisDocument(_Document):
    """What `whyspan why RUN --format json` prints."""

    schema_: Literal["whyspan.diagnosis/1"] = Field(default="whyspan.diagnosis/1", serialization_alias="schema")
    run_id: Text
    outcome: OutcomeDocument
    grade: Grade
    verdict: Text | None
    hypotheses: list[HypothesisDocument]
    suspects: SuspectsDocument | None = Field(description="Null unless there is a hypothesis.")
    findings: list[FindingDocument] = Field(description="All findings, those the run recovered from included.")
    chain: list[SentenceDocument]
    decisions: list[DecisionDocument]
    changed_outside: list[ChangeDocument] = Field(description="What the run did to the world, in order.")
    missing: list[Text]
    siblings: list[Text] | None = Field(
        description="The passing runs of the same task it was held beside; null where none was looked for."
    )
    opinion: OpinionDocument | None = Field(default=None, description="Only with --judge.")


def diagnosis_document(diagnosis: Diagnosis) -> DiagnosisDocument:
    """The document of one diagnosis."""
    return DiagnosisDocument(
        run_id=diagnosis.run_id,
        outcome=outcome_document(diagnosis.outcome),
        grade=diagnosis.grade.value,
        verdict=diagnosis.verdict,
        hypotheses=[_hypothesis(hypothesis) for hypothesis in diagnosis.hypotheses],
        suspects=_suspects(diagnosis.suspects),
        findings=[_finding(finding) for finding in diagnosis.findings],
        chain=[
            SentenceDocument(
                text=s.text, class_=s.source, refs=[ref_document(r) for r in s.refs], beside=_beside(s.beside)
            )
            for s in diagnosis.chain
        ],
        decisions=[_decision(node) for node in diagnosis.decisions],
        changed_outside=[change_document(change) for change in diagnosis.changed_outside],
        missing=diagnosis.missing,
        siblings=diagnosis.siblings,
    )


def change_document(change: Change) -> ChangeDocument:
    """The document of something a run changed outside."""
    return ChangeDocument(**asdict(change))


def outcome_document(outcome: Outcome) -> OutcomeDocument:
    """The document of an outcome."""
    refs = [ref_document(ref) for ref in outcome.refs]
    return OutcomeDocument(status=outcome.status.value, check=outcome.check, class_=outcome.source, refs=refs)


def _beside(beside: Iterable[Beside]) -> list[BesideDocument]:
    return [BesideDocument(run_id=each.run_id, ref=ref_document(each.ref)) for each in beside]


def ref_document(ref: Ref) -> RefDocument:
    """The document of a reference."""
    return RefDocument(span_id=ref.span_id, field=ref.field, quote=ref.quote)


def _finding(finding: Finding) -> FindingDocument:
    first = finding.refs[0] if finding.refs else None
    return FindingDocument(
        detector=finding.detector,
        role=finding.role.value,
        span_id=finding.span_id,
        field=first.field if first is not None else None,
        quote=first.quote if first is not None else None,
        message=finding.message,
        strength=round(finding.strength, 3),
        recovered=finding.recovered,
        origin_span_id=finding.origin_span_id,
        bits=finding.bits,
        because=finding.because,
        taxonomy=_taxonomy(finding.detector),
        refs=[ref_document(ref) for ref in finding.refs],
        beside=_beside(finding.beside),
    )


def _taxonomy(detector: str) -> TaxonomyDocument:
    entry = taxonomy().get(detector, Entry())
    return TaxonomyDocument(mast=list(entry.mast), trail=list(entry.trail), owasp=list(entry.owasp))


def _suspects(suspects: Suspects | None) -> SuspectsDocument | None:
    if suspects is None:
        return None
    fields = {name: getattr(suspects, name) for name in SuspectsDocument.model_fields}
    return SuspectsDocument(**{**fields, "span_ids": list(suspects.span_ids)})


def _hypothesis(hypothesis: Hypothesis) -> HypothesisDocument:
    fields = {name: getattr(hypothesis, name) for name in HypothesisDocument.model_fields}
    fields["grade"] = hypothesis.grade.value
    fields["findings"] = [_finding(finding) for finding in hypothesis.findings]
    fields["unfold"] = [Term(reason=reason, bits=bits) for reason, bits in hypothesis.unfold]
    return HypothesisDocument(**fields)


# --- the schemas ------------------------------------------------------------------------------------------------

DOCUMENTS: dict[str, type[_Document]] = {
    "runs": RunsDocument,
    "spans": SpansDocument,
    "pins": PinsDocument,
    "run": RunDocument,
    "diagnosis": DiagnosisDocument,
}
"""File name in `docs/schemas` -> its model."""


def schema(name: str) -> str:
    """The JSON Schema of a document as the text of its file."""
    document = DOCUMENTS[name].model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


def main(folder: str = "docs/schemas") -> None:
    """Write the schemas to a folder."""
    for name in DOCUMENTS:
        Path(folder, f"{name}.schema.json").write_text(schema(name), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
