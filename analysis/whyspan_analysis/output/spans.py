"""`whyspan.spans/1`: spans with their canonical columns, in a list or in their run."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from whyspan_analysis.output.parts import Document, Text
from whyspan_collector.records import Span


class SpanDocument(Document):
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


class SpansDocument(Document):
    """What `whyspan spans --json` prints: newest first."""

    schema_: Literal["whyspan.spans/1"] = Field(default="whyspan.spans/1", serialization_alias="schema")
    spans: list[SpanEntry]


def spans_document(rows: Iterable[Mapping[str, Any]]) -> SpansDocument:
    """The document from rows of the query `spans`, in their order."""
    return SpansDocument(spans=[SpanEntry(**{name: row[name] for name in SpanEntry.model_fields}) for row in rows])


def span_document(span: Span) -> SpanDocument:
    """The document of one span."""
    return SpanDocument(**{name: getattr(span, name) for name in SpanDocument.model_fields})
