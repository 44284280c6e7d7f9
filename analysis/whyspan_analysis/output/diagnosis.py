"""`whyspan.diagnosis/1`: why one run ended as it did."""

from typing import Literal

from pydantic import Field

from whyspan_analysis.model import Diagnosis, Finding, Hypothesis, Knowledge, LastChance, Outcome, Sentence, Suspects
from whyspan_analysis.output.parts import (
    BesideDocument,
    Document,
    Grade,
    RefDocument,
    Status,
    Text,
    beside_documents,
    ref_document,
)
from whyspan_analysis.output.run import ChangeDocument, DecisionDocument, change_document, decision_document
from whyspan_analysis.taxonomy import Entry, taxonomy


class OutcomeDocument(Document):
    """How the run ended, and which check or sign says so."""

    status: Status
    check: Text
    class_: Knowledge = Field(serialization_alias="class")
    refs: list[RefDocument]


class TaxonomyDocument(Document):
    """What the failure mode is called elsewhere; see `taxonomy.json` of the analysis."""

    mast: list[Text]
    trail: list[Text]
    owasp: list[Text]


class FindingDocument(Document):
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


class Term(Document):
    """One term of a score."""

    reason: Text
    bits: float


class HypothesisDocument(Document):
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


class SentenceDocument(Document):
    """One sentence of the causal chain."""

    text: Text
    class_: Knowledge = Field(serialization_alias="class")
    refs: list[RefDocument]
    beside: list[BesideDocument] = Field(
        default_factory=list, description="What passing runs of the same task have there."
    )


class SuspectsDocument(Document):
    """The shortest list of steps that holds the cause in a known share of runs."""

    span_ids: list[Text] = Field(description="Empty where no list is short enough to be of use.")
    text: Text
    coverage: float = Field(description="The share of lists that is to hold the cause.")
    measured: float = Field(description="The share that did, on injected faults held out from the calibration.")
    lists: int = Field(description="Of so many lists.")


class LastChanceDocument(Document):
    """The last decision at which what the first hypothesis led to could still have been stopped."""

    decision_id: Text
    span_id: Text
    no_return: ChangeDocument | None = Field(
        description="The point of no return: the first change that followed and lasts as its author declared it; null: the outcome itself."
    )
    undeclared: list[ChangeDocument] = Field(
        description="Changes that followed of which nobody declared whether they last."
    )


class RefusedDocument(Document):
    """A claim of a model that was not kept."""

    text: Text
    because: Text


class OpinionDocument(Document):
    """What a model said about the diagnosis, on request. It changes nothing; its citations were checked, its claims were not."""

    model: Text
    choice_span_id: Text | None = Field(description="The candidate it would blame; null without a claim that was kept.")
    claims: list[SentenceDocument] = Field(description="Of class inferred, each with at least one citation that holds.")
    refused: list[RefusedDocument] = Field(description="Claims without a citation that holds.")
    trouble: Text | None = Field(description="Why there is no opinion.")


class DiagnosisDocument(Document):
    """What `whyspan why RUN --format json` prints."""

    schema_: Literal["whyspan.diagnosis/1"] = Field(default="whyspan.diagnosis/1", serialization_alias="schema")
    run_id: Text
    outcome: OutcomeDocument
    grade: Grade
    verdict: Text | None
    hypotheses: list[HypothesisDocument]
    suspects: SuspectsDocument | None = Field(description="Null unless there is a hypothesis.")
    last_chance: LastChanceDocument | None = Field(
        description="Null where it is not known, and unless a detector accuses the first hypothesis."
    )
    findings: list[FindingDocument] = Field(description="All findings, those the run recovered from included.")
    chain: list[SentenceDocument]
    decisions: list[DecisionDocument]
    changed_outside: list[ChangeDocument] = Field(description="What the run did to the world, in order.")
    missing: list[Text] = Field(description="What never arrived or was lost, in words.")
    cannot_tell: list[Text] = Field(
        description="What the trace of a failed run does not hold, and how many detectors had nothing to look at for that."
    )
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
        last_chance=_last_chance(diagnosis.last_chance),
        findings=[_finding(finding) for finding in diagnosis.findings],
        chain=[_sentence(sentence) for sentence in diagnosis.chain],
        decisions=[decision_document(node) for node in diagnosis.decisions],
        changed_outside=[change_document(change) for change in diagnosis.changed_outside],
        missing=diagnosis.missing,
        cannot_tell=diagnosis.cannot_tell,
        siblings=diagnosis.siblings,
    )


def outcome_document(outcome: Outcome) -> OutcomeDocument:
    """The document of an outcome."""
    refs = [ref_document(ref) for ref in outcome.refs]
    return OutcomeDocument(status=outcome.status.value, check=outcome.check, class_=outcome.source, refs=refs)


def _sentence(sentence: Sentence) -> SentenceDocument:
    return SentenceDocument(
        text=sentence.text,
        class_=sentence.source,
        refs=[ref_document(ref) for ref in sentence.refs],
        beside=beside_documents(sentence.beside),
    )


def _last_chance(chance: LastChance | None) -> LastChanceDocument | None:
    if chance is None:
        return None
    return LastChanceDocument(
        decision_id=chance.decision_id,
        span_id=chance.span_id,
        no_return=change_document(chance.no_return) if chance.no_return is not None else None,
        undeclared=[change_document(change) for change in chance.undeclared],
    )


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
        beside=beside_documents(finding.beside),
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
