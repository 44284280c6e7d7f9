"""The canonical records: what every instrumentation's telemetry becomes.

A `Span` is what the store keeps: narrow canonical columns plus everything as it was sent (`attributes`, `events`,
`links`, `resource`). Its `Content` (messages, tools offered, arguments, results) is never stored a second time:
`vocabularies.content()` derives it from the span, and from the log records that belong to it, when a run is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from whyspan.model import Decision, Outcome
from whyspan.semconv import Kind

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
PartType: TypeAlias = Literal["text", "reasoning", "tool_call", "tool_call_response", "other"]


@dataclass(slots=True)
class Part:
    """One piece of a message, in the form of OpenTelemetry GenAI."""

    type: PartType
    """`other` holds blobs, files, URIs and whatever else a vocabulary sends; see `value`."""
    content: str = ""
    """The text of a text or reasoning part; the text form of a response."""
    id: str | None = None
    """The tool call's id (tool_call, tool_call_response)."""
    name: str | None = None
    """The tool's name (tool_call; tool_call_response where it was sent)."""
    value: Any = None
    """Arguments (tool_call) or response (tool_call_response), parsed where it is JSON, else the text as it came."""
    error: bool = False
    """True when a tool_call_response was marked as an error on the wire."""


@dataclass(slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Role
    parts: list[Part]
    finish_reason: str | None = None
    """On output messages: why the model stopped (`stop`, `tool_call`, `length`, ...)."""


@dataclass(slots=True)
class Content:
    """What a span carried, in one form for all vocabularies. Derived from the span whenever it is needed."""

    input_messages: list[Message] = field(default_factory=list)
    """The conversation as the model saw it, system instructions first as a `system` message."""
    output_messages: list[Message] = field(default_factory=list)
    """What the model answered."""
    tool_definitions: list[dict[str, Any]] = field(default_factory=list)
    """The tools offered: `{"name", "description"?, "parameters"?}` with `parameters` a JSON Schema."""
    arguments: Any = None
    """A tool's arguments, parsed where they are JSON."""
    result: Any = None
    """A tool's result, parsed where it is JSON."""
    input: Any = None
    """What an agent, step, retrieval or other span was given, where it is none of the above."""
    output: Any = None
    """What it returned."""
    decision: Decision | None = None
    """The recorded decision (Whyspan's SDK only)."""
    outcomes: list[Outcome] = field(default_factory=list)
    """The outcomes recorded on the span: Whyspan's events and evaluation results."""


@dataclass(slots=True)
class Span:
    """One span: OpenTelemetry's fields, the canonical columns, and everything else as it was sent."""

    trace_id: str
    """32 lower-case hex digits."""
    span_id: str
    """16 lower-case hex digits."""
    parent_span_id: str | None
    name: str
    otel_kind: str
    """`unspecified`, `internal`, `server`, `client`, `producer` or `consumer`."""
    start_ns: int
    """Start, nanoseconds since the epoch, as it came (0 and the far future included)."""
    end_ns: int
    """End, likewise; 0 while the span is pending."""
    status: str
    """`unset`, `ok` or `error`."""
    status_message: str | None = None

    service: str | None = None
    service_version: str | None = None
    environment: str | None = None
    scope: str | None = None
    """Name of the instrumentation scope."""
    scope_version: str | None = None

    vocabulary: str | None = None
    """The vocabulary that named the canonical fields (see `vocabularies`), None where none was recognised."""
    kind: Kind = Kind.OTHER
    operation: str | None = None
    """The operation as sent, e.g. gen_ai.operation.name."""
    agent: str | None = None
    agent_id: str | None = None
    agent_version: str | None = None
    tool: str | None = None
    """The bare tool name as sent."""
    tool_call_id: str | None = None
    effect: str | None = None
    """A `whyspan.semconv.Effect`, declared by the tool's author."""
    request_model: str | None = None
    response_model: str | None = None
    provider: str | None = None
    finish_reason: str | None = None
    """Normalised: `stop`, `tool_call`, `length`, `content_filter`, `error`; others as sent."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None
    """US dollars, as reported by the instrumentation."""
    session_id: str | None = None
    user_id: str | None = None
    run_key: str | None = None
    """The agent's own run id (`whyspan.run.id`)."""
    tags: Sequence[str] | None = None
    """The labels the program gave its run."""
    error_type: str | None = None
    error_message: str | None = None

    attributes: dict[str, Any] = field(default_factory=dict)
    """The span's attributes as sent; `bytes` stay bytes."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """`{"name", "time_ns", "attributes", "dropped_attributes"?}`."""
    links: list[dict[str, Any]] = field(default_factory=list)
    """`{"trace_id", "span_id", "trace_state"?, "attributes", "dropped_attributes"?, "flags"?}`."""
    resource: dict[str, Any] = field(default_factory=dict)
    """Attributes of the resource."""
    extra: dict[str, Any] = field(default_factory=dict)
    """The rest of OTLP where it is set: trace_state, flags, dropped counts, schema URLs, scope attributes."""


@dataclass(slots=True)
class Log:
    """One log record, as it was sent."""

    trace_id: str | None
    span_id: str | None
    time_ns: int
    """Event time, else observed time, nanoseconds since the epoch; 0 where neither was sent."""
    event_name: str | None
    severity: str | None
    body: Any
    attributes: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Scope, flags, dropped counts and both times where they differ."""


Record = TypeVar("Record", Span, Log)


@dataclass(slots=True)
class Sent(Generic[Record]):
    """A record on its way into the store: its columns, and the bytes it came as."""

    record: Record
    """Its columns are filled; what it carried need not be, the bytes have it."""
    message: bytes
    """The record's own protobuf message."""
    context: bytes
    """What it shares with others: the message of a resource's group with the resource and one scope, and no record."""
    attributes: int
    """How many attributes it has."""
    content_hash: str
    """Of the bytes. What a vocabulary made of them is left out, so a better vocabulary makes no new version."""
