"""Records back to OTLP: for those that were made by hand and have no bytes they came as."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from whyspan_collector.digest import digest
from whyspan_collector.otlp.messages import KINDS, STATUSES
from whyspan_collector.records import Log, Record, Sent, Span

_SCALARS: Final = {  # bool before int, whose subclass it is
    str: "string_value",
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
    bytes: "bytes_value",
}


def encode(record: Record) -> Sent[Record]:
    """The bytes a record would have come as. Lone surrogates, which protobuf has no bytes for, become U+FFFD.

    Raises:
        TypeError: the record holds what OTLP cannot carry.
    """
    message, context = _span(record) if isinstance(record, Span) else _log(record)
    return Sent(record, message, context, len(record.attributes), digest(context, message).hex())


def _span(span: Span) -> tuple[bytes, bytes]:
    extra = span.extra
    message = SpanMessage(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id or ""),
        trace_state=extra.get("trace_state", ""),
        flags=extra.get("flags", 0),
        name=_text(span.name),
        kind=extra.get("kind", KINDS.index(span.otel_kind)),
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_pairs(span.attributes),
        dropped_attributes_count=extra.get("dropped_attributes", 0),
        events=[_event(event) for event in span.events],
        dropped_events_count=extra.get("dropped_events", 0),
        links=[_link(link) for link in span.links],
        dropped_links_count=extra.get("dropped_links", 0),
    )
    if span.status != STATUSES[0] or span.status_message or "status_code" in extra:
        code = extra.get("status_code", STATUSES.index(span.status))
        message.status.CopyFrom(Status(code=code, message=_text(span.status_message or "")))
    scope = ScopeSpans(
        scope=_scope(span.scope, span.scope_version, extra), schema_url=extra.get("scope_schema_url", "")
    )
    around = ResourceSpans(
        resource=_resource(span.resource, extra), schema_url=extra.get("resource_schema_url", ""), scope_spans=[scope]
    )
    return message.SerializeToString(), around.SerializeToString()


def _event(event: Mapping[str, Any]) -> SpanMessage.Event:
    return SpanMessage.Event(
        name=_text(event["name"]),
        time_unix_nano=event["time_ns"],
        attributes=_pairs(event["attributes"]),
        dropped_attributes_count=event.get("dropped_attributes", 0),
    )


def _link(link: Mapping[str, Any]) -> SpanMessage.Link:
    return SpanMessage.Link(
        trace_id=bytes.fromhex(link["trace_id"]),
        span_id=bytes.fromhex(link["span_id"]),
        trace_state=link.get("trace_state", ""),
        attributes=_pairs(link["attributes"]),
        dropped_attributes_count=link.get("dropped_attributes", 0),
        flags=link.get("flags", 0),
    )


def _log(log: Log) -> tuple[bytes, bytes]:
    extra = log.extra
    message = LogRecord(
        trace_id=bytes.fromhex(log.trace_id or ""),
        span_id=bytes.fromhex(log.span_id or ""),
        time_unix_nano=log.time_ns,
        observed_time_unix_nano=extra.get("observed_time_ns", 0),
        event_name=_text(log.event_name or ""),
        severity_text=_text(log.severity or ""),
        severity_number=extra.get("severity_number", 0),
        body=_value(log.body),
        attributes=_pairs(log.attributes),
        flags=extra.get("flags", 0),
        dropped_attributes_count=extra.get("dropped_attributes", 0),
    )
    scope = ScopeLogs(
        scope=_scope(extra.get("scope"), extra.get("scope_version"), extra),
        schema_url=extra.get("scope_schema_url", ""),
    )
    around = ResourceLogs(
        resource=_resource(log.resource, extra), schema_url=extra.get("resource_schema_url", ""), scope_logs=[scope]
    )
    return message.SerializeToString(), around.SerializeToString()


def _scope(name: str | None, version: str | None, extra: Mapping[str, Any]) -> InstrumentationScope:
    return InstrumentationScope(
        name=_text(name or ""),
        version=_text(version or ""),
        attributes=_pairs(extra.get("scope_attributes", {})),
        dropped_attributes_count=extra.get("scope_dropped_attributes", 0),
    )


def _resource(attributes: Mapping[str, Any], extra: Mapping[str, Any]) -> Resource:
    return Resource(
        attributes=_pairs(attributes),
        dropped_attributes_count=extra.get("resource_dropped_attributes", 0),
        entity_refs=extra.get("resource_entities", []),
    )


def _pairs(attributes: Mapping[str, Any]) -> Iterable[KeyValue]:
    return [KeyValue(key=_text(key), value=_value(value)) for key, value in attributes.items()]


def _value(value: Any) -> AnyValue:
    if value is None:
        return AnyValue()
    if isinstance(value, list | tuple):
        return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
    if isinstance(value, Mapping):
        return AnyValue(kvlist_value=KeyValueList(values=_pairs(value)))
    for kind, name in _SCALARS.items():
        if isinstance(value, kind):
            sent: Any = _text(value) if isinstance(value, str) else value
            return AnyValue(**{name: sent})
    raise TypeError(f"OTLP has no {type(value).__name__}")


def _text(value: str) -> str:
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
