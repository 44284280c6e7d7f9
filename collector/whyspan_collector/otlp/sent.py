"""From a request to what the store takes: each record with its bytes and its columns, and nothing of its content built.

Attributes repeat: nine of ten small ones were seen a moment ago with the same key and value, so what they say about the
columns is remembered by their bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
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
from whyspan_collector.otlp.shape import RECORDS_FIELD, RESOURCE_FIELD, SHAPES, Encoding, Signal
from whyspan_collector.otlp.values import SentAttributes, value
from whyspan_collector.otlp.wire import fields, varint
from whyspan_collector.records import Log, Sent, Span
from whyspan_collector.vocabularies import COLUMN_KEYS, Fact, facts, fill_columns

_SMALL: Final = 128
"""Longer attributes are texts, which seldom come twice and would fill the memory of those that do."""
_REMEMBERED: Final = 16_384
"""Small attributes remembered, about 8 MB."""

# Tags: of the groups in a request and of the scopes and records in a group, and of the fields of a span.
_GROUP, _RECORDS = RESOURCE_FIELD << 3 | 2, RECORDS_FIELD << 3 | 2
_TRACE_ID, _SPAN_ID, _PARENT, _NAME, _KIND, _START, _END = 10, 18, 34, 42, 48, 57, 65
_ATTRIBUTE, _EVENT, _LINK, _STATUS = 74, 90, 106, 122
_ABSENT: Final = dict.fromkeys((_TRACE_ID, _SPAN_ID, _PARENT, _NAME, _START, _END, _STATUS), b"") | {_KIND: b"\0"}


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
    try:
        return _taken_apart(signal, request, body, list(rejected))
    except ValueError:  # groups, a form of field that nobody sends and protobuf reads
        request.DiscardUnknownFields()
        return _taken_apart(signal, request, request.SerializeToString(), rejected)


class _Unsound(Exception):
    """The record's ids are no ids."""


def _taken_apart(signal: Signal, request: Any, body: bytes, rejected: list[str]) -> Received:
    received = Received(rejected=rejected)
    shape = SHAPES[signal]
    read: Any
    kept: list[Any]
    read, to_context, kept = (
        (_span, spans_context, received.spans) if signal == "traces" else (_log, logs_context, received.logs)
    )
    for group, group_bytes in zip(getattr(request, shape.by_resource), _payloads(body, _GROUP), strict=True):
        for scoped, scoped_bytes in zip(getattr(group, shape.by_scope), _payloads(group_bytes, _RECORDS), strict=True):
            around = _around(signal, group, scoped)
            context = to_context(around)
            for message in _payloads(scoped_bytes, _RECORDS):
                try:
                    record, attributes = read(message, context)
                except _Unsound as error:
                    rejected.append(str(error))
                else:
                    kept.append(Sent(record, message, around, attributes, digest(around, message).hex()))
    return received


def _payloads(message: bytes, wanted: int) -> Iterator[bytes]:
    return (payload for tag, payload in fields(message) if tag == wanted)


def _around(signal: Signal, group: Any, scoped: Any) -> bytes:
    shared = {"resource": group.resource, "schema_url": group.schema_url}
    if signal == "traces":
        spans = ScopeSpans(scope=scoped.scope, schema_url=scoped.schema_url)
        return ResourceSpans(**shared, scope_spans=[spans]).SerializeToString()
    logs = ScopeLogs(scope=scoped.scope, schema_url=scoped.schema_url)
    return ResourceLogs(**shared, scope_logs=[logs]).SerializeToString()


def _span(message: bytes, context: Context) -> tuple[Span, int]:
    """The columns of a span, and how many attributes it has."""
    sent = _ABSENT.copy()
    pairs: dict[str, tuple[bytes, tuple[Fact, ...]]] = {}
    events, links = [], []
    for tag, data in fields(message):
        if tag == _ATTRIBUTE:
            if len(data) >= _SMALL:
                key, said = _said(data)
            elif (known := _known.get(data)) is None:
                if len(_known) >= _REMEMBERED:
                    _known.clear()
                key, said = _known[data] = _said(data)
            else:
                key, said = known
            pairs[key] = data, said
        elif tag == _EVENT:
            events.append(event_of(SpanMessage.Event.FromString(data)))
        elif tag == _LINK:
            links.append(link_of(SpanMessage.Link.FromString(data)))
        elif tag == _STATUS:
            sent[tag] += data  # protobuf merges a message that is sent in parts
        else:
            sent[tag] = data
    trace_id, span_id, parent, name = sent[_TRACE_ID], sent[_SPAN_ID], sent[_PARENT], sent[_NAME].decode()
    if reason := why_no_span(trace_id, span_id, parent, name):
        raise _Unsound(reason)
    kind = varint(sent[_KIND], 0)[0]
    status, status_message = _status(sent[_STATUS])
    span = Span(
        trace_id=trace_id.hex(),
        span_id=span_id.hex(),
        parent_span_id=parent.hex() if parent and parent != NO_SPAN else None,
        name=name,
        otel_kind=KINDS[kind] if kind < len(KINDS) else KINDS[0],
        start_ns=int.from_bytes(sent[_START], "little"),
        end_ns=int.from_bytes(sent[_END], "little"),
        status=status,
        status_message=status_message,
        **context.columns,
        attributes=cast("dict[str, Any]", SentAttributes(pairs)),
        events=events,
        links=links,
    )
    fill_columns(span, [fact for _, said in pairs.values() for fact in said])
    span.attributes, span.events = {}, []  # the bytes have them; a queue of spans would hold everything twice
    return span, len(pairs)


_known: dict[bytes, tuple[str, tuple[Fact, ...]]] = {}
"""Small attributes -> what `_said` makes of them. A plain dictionary: `lru_cache` takes eight times as long."""


def _said(pair: bytes) -> tuple[str, tuple[Fact, ...]]:
    """The key of an attribute, and what it says about the columns."""
    size = pair[1] if len(pair) > 1 and pair[0] == 10 else 128  # the usual form: the key first, of one byte of length
    if size < 128 and pair[2 + size : 3 + size] == b"\x12":
        key = pair[2 : 2 + size].decode()
        if key not in COLUMN_KEYS:
            return key, ()
        rest = len(pair) - size
        if pair[3 + size :].startswith(bytes((rest - 4 & 127, 10, rest - 6 & 127))) and rest < 128:
            return key, facts(key, pair[6 + size :].decode())  # a short text: a third of the time
    sent = KeyValue.FromString(pair)
    return sent.key, facts(sent.key, value(sent.value))


@lru_cache(256)
def _status(message: bytes) -> tuple[str, str | None]:
    status = Status.FromString(message)
    return STATUSES[status.code] if 0 <= status.code < len(STATUSES) else STATUSES[0], status.message or None


def _log(message: bytes, context: Context) -> tuple[Log, int]:
    record = LogRecord.FromString(message)
    if reason := why_no_log(record.trace_id, record.span_id, record.event_name):
        raise _Unsound(reason)
    return log_of(record, context), len(record.attributes)
