"""`whyspan.run/1`: one run with its spans, its decisions and what it changed outside."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Literal

from pydantic import Field

from whyspan_analysis.model import Change, DecisionNode, Knowledge, Run, Undoing
from whyspan_analysis.output.parts import Document, RefDocument, Text, ref_document
from whyspan_analysis.output.spans import SpanDocument, span_document


class OptionDocument(Document):
    """One way the agent could have gone."""

    label: Text
    chosen: bool
    score: float | None
    why_not: Text | None


class DecisionDocument(Document):
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
    led_to: list[Text] = Field(description="Ids of the spans that carried the choice out.")
    classes: dict[str, Knowledge] = Field(
        description="Field -> its class of knowledge, for every field that says something."
    )
    missing: list[Text]


class ChangeDocument(Document):
    """One action that changed something outside the run, or may have."""

    span_id: Text
    tool: Text
    effect: Text | None = Field(description="As its author declared it.")
    undoing: Undoing = Field(description="`not declared` where only the tool's name says that it changes something.")
    certain: bool = Field(description="False when it came back with an error or not at all: it may have happened.")
    arguments: Text = Field(description="JSON with its keys in order, cut to 160 characters.")
    digest: Text = Field(description="SHA-256 of that JSON, uncut.")


class RunDocument(Document):
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
        spans=[span_document(span) for span in run.spans],
        decisions=[decision_document(node) for node in decisions],
        changed_outside=[change_document(change) for change in changed],
        missing=run.missing,
    )


def decision_document(node: DecisionNode) -> DecisionDocument:
    """The document of one decision."""
    fields = {name: getattr(node, name) for name in DecisionDocument.model_fields}
    fields["options"] = [OptionDocument(**asdict(option)) for option in node.options]
    fields["evidence"] = [ref_document(ref) for ref in node.evidence]
    return DecisionDocument(**fields)


def change_document(change: Change) -> ChangeDocument:
    """The document of something a run changed outside."""
    return ChangeDocument(**asdict(change))
