"""The machine output of a comparison. `python -m whyspan_analysis.compare.document` writes its JSON Schema to docs/schemas."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from whyspan_analysis.compare import Comparison
from whyspan_analysis.compare.differences import Difference, DifferenceKind, FieldDifference
from whyspan_analysis.compare.words import sentence
from whyspan_analysis.moments import Moment, MomentKind
from whyspan_analysis.output.diagnosis import OutcomeDocument, outcome_document
from whyspan_analysis.output.parts import Document, RefDocument, Text, ref_document


class FieldDocument(Document):
    """One field, and what stood there in each run; null where only the other run has it."""

    field: Text
    here: RefDocument | None
    there: RefDocument | None


class DifferenceDocument(Document):
    """One decision, model call or tool call that differs."""

    kind: DifferenceKind
    of: MomentKind
    text: Text
    class_: Literal["derived"] = Field(default="derived", serialization_alias="class")
    agent: Text | None
    name: Text = Field(
        description="The question decided, the tools asked for or the tool called; as here, if it was here."
    )
    span_id: Text | None = Field(description="In this run; null for what only the other run did.")
    other_span_id: Text | None
    instead_span_id: Text | None = Field(
        description="What this run chose at the place of something only the other did."
    )
    fields: list[FieldDocument] = Field(description="At most eight.")
    wording: bool = Field(description="Only prose differs, and nothing in it was acted on.")
    consequential: bool = Field(description="The outcome can depend on it: it was not absorbed.")
    linked: bool = Field(description="Recorded values and choices lead from it to the outcome.")


class ComparisonDocument(Document):
    """What `whyspan compare RUN OTHER --json` prints; `here` is RUN, `there` is OTHER."""

    schema_: Literal["whyspan.comparison/1"] = Field(default="whyspan.comparison/1", serialization_alias="schema")
    run_id: Text
    other_run_id: Text
    chosen_because: Text | None = Field(description="Why this other run was taken, where none was named.")
    outcome: OutcomeDocument
    other_outcome: OutcomeDocument
    same_task: bool = Field(description="Where false, values are not compared, only where they came from.")
    premises: list[FieldDocument] = Field(description="What the runs were made of and told otherwise.")
    aligned: int = Field(description="Decisions, model calls and tool calls that answer to one of the other run.")
    first: int | None = Field(description="Index in `differences` of the first the outcome can depend on.")
    first_choice: int | None = Field(description="Likewise, of the first of these in which an agent chose otherwise.")
    differences: list[DifferenceDocument]
    missing: list[Text] = Field(description="What was not captured of this run.")
    other_missing: list[Text]


def comparison_document(comparison: Comparison, chosen_because: str | None = None) -> ComparisonDocument:
    """The document of one comparison."""
    here, there = comparison.here, comparison.there
    return ComparisonDocument(
        run_id=here.run.run_id,
        other_run_id=there.run.run_id,
        chosen_because=chosen_because,
        outcome=outcome_document(here.outcome),
        other_outcome=outcome_document(there.outcome),
        same_task=comparison.same_task,
        premises=[_field(each) for each in comparison.premises],
        aligned=comparison.aligned,
        first=_index(comparison.found, comparison.first),
        first_choice=_index(comparison.found, comparison.first_choice),
        differences=[_difference(each) for each in comparison.found],
        missing=here.run.missing,
        other_missing=there.run.missing,
    )


def _index(found: Sequence[Difference], wanted: Difference | None) -> int | None:
    return next((index for index, each in enumerate(found) if each is wanted), None)


def _difference(difference: Difference) -> DifferenceDocument:
    moment = difference.here or difference.there
    assert moment is not None  # noqa: S101 - a difference has at least one side
    return DifferenceDocument(
        kind=difference.kind,
        of=moment.kind,
        text=sentence(difference),
        agent=moment.agent,
        name=moment.name,
        span_id=_span_id(difference.here),
        other_span_id=_span_id(difference.there),
        instead_span_id=_span_id(difference.instead),
        fields=[_field(each) for each in difference.fields],
        wording=difference.wording,
        consequential=difference.consequential,
        linked=difference.linked,
    )


def _span_id(moment: Moment | None) -> str | None:
    return moment.span_id if moment is not None else None


def _field(field: FieldDifference) -> FieldDocument:
    here, there = (ref_document(ref) if ref is not None else None for ref in (field.here, field.there))
    return FieldDocument(field=field.field, here=here, there=there)


def schema() -> str:
    """The JSON Schema of `whyspan.comparison/1` as the text of its file."""
    document = ComparisonDocument.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/comparison.schema.json").write_text(schema(), encoding="utf-8")
