"""From a request to what the store takes: each record with its bytes and its columns, and nothing of its content built.

Attributes repeat: nine of ten small ones were seen a moment ago with the same key and value, so what they say about the
columns is remembered by their bytes.
"""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from whyspan_collector.digest import digest
from whyspan_collector.otlp.batch import count_points, parse
from whyspan_collector.otlp.messages import (
    KINDS,
    NO_SPAN,
    STATUSES,
    Context,
    event_of,
    link_of,
    log_of,
    logs_context,
    spans_context,
    why_no_log,
    why_no_span,
)
from whyspan_collector.otlp.shape import SHAPES, Encoding, Signal
from whyspan_collector.otlp.unparsed import unparsed
from whyspan_collector.otlp.values import SentAttributes, value
from whyspan_collector.records import Log, Sent, Span
from whyspan_collector.vocabularies import COLUMN_KEYS, Fact, facts, fill_columns

_SMALL: Final = 128
"""Longer attributes are texts, which seldom come twice and would fill the memory of those that do."""
_REMEMBERED: Final = 16_384
"""Small attributes remembered, about 8 MB."""

_GROUPS: Final = {signal: unparsed(shape.request, shape.by_resource) for signal, shape in SHAPES.items()}
_SCOPES: Final = {"traces": unparsed(ResourceSpans, "scope_spans"), "logs": unparsed(ResourceLogs, "scope_logs")}
_RECORDS: Final = {"traces": unparsed(ScopeSpans, "spans"), "logs": unparsed(ScopeLogs, "log_records")}
_SPAN: Final = unparsed(SpanMessage, "attributes")


@dataclass(slots=True)
class Received:
    """What one OTLP request held, ready for the store."""

    spans: list[Sent[Span]] = field(default_factory=list)
    logs: list[Sent[Log]] = field(default_factory=list)
    points: int = 0
    """Metric data points; they are counted, not kept."""
    rejected: list[str] = field(default_factory=list)
    """One sentence per record that is not kept: which one and why."""


def receive(signal: Signal, body: bytes, encoding: Encoding) -> Received:
    """Check the (inflated) body of an OTLP request and take it apart.

    A record's bytes are those of its own protobuf message, as they came. What it shares with others is the message of a
    resource's group that holds the resource and the scope and nothing else.

    Raises:
        Malformed: the body is not such a request at all.
    """
    request, rejected = parse(signal, body, encoding)  # also the gate: what follows reads bytes that protobuf has read
    if signal == "metrics":
        return Received(points=count_points(request), rejected=rejected)
    if encoding == "json" or rejected:
        body = request.SerializeToString()
    received = Received(rejected=rejected)
    shape = SHAPES[signal]
    read: Any
    kept: list[Any]
    read, to_context, kept = (
        (_span, spans_context, received.spans) if signal == "traces" else (_log, logs_context, received.logs)
    )
    groups = getattr(_GROUPS[signal].FromString(body), shape.by_resource)
    for group, group_bytes in zip(getattr(request, shape.by_resource), groups, strict=True):
        scopes = getattr(_SCOPES[signal].FromString(group_bytes), shape.by_scope)
        for scoped, scope_bytes in zip(getattr(group, shape.by_scope), scopes, strict=True):
            around = _around(signal, group, scoped)
            context = to_context(around)
            for message in getattr(_RECORDS[signal].FromString(scope_bytes), shape.records):
                try:
                    record, attributes = read(message, context)
                except _Unsound as error:
                    rejected.append(str(error))
                else:
                    kept.append(Sent(record, message, around, attributes, digest(around, message).hex()))
    return received


class _Unsound(Exception):
    """The record's ids are no ids."""


def _around(signal: Signal, group: Any, scoped: Any) -> bytes:
    shared = {"resource": group.resource, "schema_url": group.schema_url}
    if signal == "traces":
        spans = ScopeSpans(scope=scoped.scope, schema_url=scoped.schema_url)
        return ResourceSpans(**shared, scope_spans=[spans]).SerializeToString()
    logs = ScopeLogs(scope=scoped.scope, schema_url=scoped.schema_url)
    return ResourceLogs(**shared, scope_logs=[logs]).SerializeToString()


def _span(message: bytes, context: Context) -> tuple[Span, int]:
    """The columns of a span, and how many attributes it has."""
    sent = _SPAN.FromString(message)
    trace_id, span_id, parent, name = sent.trace_id, sent.span_id, sent.parent_span_id, sent.name
    if reason := why_no_span(trace_id, span_id, parent, name):
        raise _Unsound(reason)
    attributes = {}
    for pair in sent.attributes:
        small = len(pair) < _SMALL  # to look for a text would take a hash of all of it
        known = (small and _known.get(pair)) or _read(pair)
        attributes[known[0]] = known  # of a key that was sent twice the last
    kind, status = sent.kind, sent.status
    code = status.code
    span = Span(
        trace_id=trace_id.hex(),
        span_id=span_id.hex(),
        parent_span_id=parent.hex() if parent and parent != NO_SPAN else None,
        name=name,
        otel_kind=KINDS[kind] if 0 <= kind < len(KINDS) else KINDS[0],
        start_ns=sent.start_time_unix_nano,
        end_ns=sent.end_time_unix_nano,
        status=STATUSES[code] if 0 <= code < len(STATUSES) else STATUSES[0],
        status_message=status.message or None,
        **context.columns,
        attributes=cast("dict[str, Any]", SentAttributes(attributes)),
        events=[event_of(event) for event in sent.events],
        links=[link_of(link) for link in sent.links],
    )
    fill_columns(span, [fact for _, _, said in attributes.values() for fact in said])
    span.attributes, span.events = {}, []  # the bytes have them; a queue of spans would hold everything twice
    return span, len(attributes)


_Known: TypeAlias = tuple[str, bytes, tuple[Fact, ...]]
"""An attribute: its key, its bytes, and what it says about the columns."""
_known: dict[bytes, _Known] = {}
"""Small attributes by their bytes. A plain dictionary: `lru_cache` takes eight times as long."""


def _read(pair: bytes) -> _Known:
    known = _decoded(pair)
    if len(pair) < _SMALL:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[pair] = known
    return known


def _decoded(pair: bytes) -> _Known:
    size = pair[1] if len(pair) > 1 and pair[0] == 10 else 128  # the usual form: the key first, of one byte of length
    if size < 128 and pair[2 + size : 3 + size] == b"\x12":
        key = pair[2 : 2 + size].decode()
        if key not in COLUMN_KEYS:
            return key, pair, ()
        rest = len(pair) - size
        if rest < 128 and pair[3 + size : 6 + size] == bytes((rest - 4, 10, rest - 6)):
            return key, pair, facts(key, pair[6 + size :].decode())  # a short text: a third of the time
    sent = KeyValue.FromString(pair)
    return sent.key, pair, facts(sent.key, value(sent.value))


def _log(message: bytes, context: Context) -> tuple[Log, int]:
    record = LogRecord.FromString(message)
    if reason := why_no_log(record.trace_id, record.span_id, record.event_name):
        raise _Unsound(reason)
    return log_of(record, context), len(record.attributes)
