"""From the protobuf message to the records: every field of OTLP has its place in `Span` or `Log`."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from whyspan_collector.otlp.from_json import parse_json
from whyspan_collector.otlp.from_protobuf import parse_protobuf
from whyspan_collector.otlp.shape import Encoding, Signal, quoted
from whyspan_collector.records import Log, Span
from whyspan_collector.vocabularies import fill_columns

_logger = logging.getLogger(__name__)

_KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES: Final = ("unset", "ok", "error")
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)


@dataclass(slots=True)
class Batch:
    """What one OTLP request held."""

    spans: list[Span] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    points: int = 0
    """Metric data points; they are counted, not kept."""
    rejected: list[str] = field(default_factory=list)
    """One sentence per record that was not kept: which one and why."""


def decode(signal: Signal, body: bytes, encoding: Encoding) -> Batch:
    """Turn the (inflated) body of an OTLP request into records with their canonical columns filled.

    Times, empty names and unknown enum numbers are kept as they came. Spans that share a resource share one
    `resource` dictionary.

    Raises:
        Malformed: the body is not such a request at all.
    """
    request, rejected = (parse_json if encoding == "json" else parse_protobuf)(signal, body)
    batch = Batch(rejected=rejected)
    if signal == "traces":
        _add_spans(request, batch)
    elif signal == "logs":
        _add_logs(request, batch)
    else:
        batch.points = sum(
            len(getattr(metric, data).data_points)
            for group in request.resource_metrics
            for scoped in group.scope_metrics
            for metric in scoped.metrics
            if (data := metric.WhichOneof("data"))
        )
    return batch


def _add_spans(request: Any, batch: Batch) -> None:
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        service = _text(resource.get("service.name"))
        version = _text(resource.get("service.version"))
        environment = _text(resource.get("deployment.environment.name", resource.get("deployment.environment")))
        of_resource = _resource_extra(group.resource, group.schema_url)
        for scoped in group.scope_spans:
            shared = of_resource | _scope_extra(scoped.scope, scoped.schema_url)
            scope, scope_version = scoped.scope.name or None, scoped.scope.version or None
            for message in scoped.spans:
                if reason := _bad_span_ids(message):
                    batch.rejected.append(f"span {quoted(message.name)}: {reason}")
                    continue
                span = _span(message, resource, shared)
                span.service, span.service_version, span.environment = service, version, environment
                span.scope, span.scope_version = scope, scope_version
                _fill_columns(span)
                batch.spans.append(span)


def _fill_columns(span: Span) -> None:
    try:
        fill_columns(span)
    except Exception as error:
        _logger.exception("a span of scope %r has no canonical columns", span.scope)
        span.extra["columns_error"] = f"{type(error).__name__}: {error}"


def _span(message: trace_pb2.Span, resource: dict[str, Any], shared: dict[str, Any]) -> Span:
    extra = dict(shared)
    status = message.status
    parent = message.parent_span_id
    if message.trace_state:
        extra["trace_state"] = message.trace_state
    if message.flags:
        extra["flags"] = message.flags
    if message.dropped_attributes_count:
        extra["dropped_attributes"] = message.dropped_attributes_count
    if message.dropped_events_count:
        extra["dropped_events"] = message.dropped_events_count
    if message.dropped_links_count:
        extra["dropped_links"] = message.dropped_links_count
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=parent.hex() if parent and parent != _NO_SPAN else None,
        name=message.name,
        otel_kind=_named(_KINDS, message.kind, extra, "kind"),
        start_ns=message.start_time_unix_nano,
        end_ns=message.end_time_unix_nano,
        status=_named(_STATUSES, status.code, extra, "status_code"),
        status_message=status.message or None,
        attributes=_attributes(message.attributes),
        events=[_event(event) for event in message.events],
        links=[_link(link) for link in message.links],
        resource=resource,
        extra=extra,
    )


def _bad_span_ids(message: trace_pb2.Span) -> str | None:
    """Why the span cannot be kept; None when its ids are sound."""
    trace_id, span_id, parent = message.trace_id, message.span_id, message.parent_span_id
    if len(trace_id) != 16 or trace_id == _NO_TRACE:
        return f"trace_id must be 16 bytes and not all zero, got {quoted(trace_id.hex())}"
    if len(span_id) != 8 or span_id == _NO_SPAN:
        return f"span_id must be 8 bytes and not all zero, got {quoted(span_id.hex())}"
    if parent and len(parent) != 8:
        return f"parent_span_id must be 8 bytes or absent, got {quoted(parent.hex())}"
    return None


def _named(names: tuple[str, ...], number: int, extra: dict[str, Any], key: str) -> str:
    """The name of an enum value; a number OTLP does not define yet goes to `extra`, the name is the default's."""
    if 0 <= number < len(names):
        return names[number]
    extra[key] = number
    return names[0]


def _event(message: trace_pb2.Span.Event) -> dict[str, Any]:
    event = {
        "name": message.name,
        "time_ns": message.time_unix_nano,
        "attributes": _attributes(message.attributes),
    }
    if message.dropped_attributes_count:
        event["dropped_attributes"] = message.dropped_attributes_count
    return event


def _link(message: trace_pb2.Span.Link) -> dict[str, Any]:
    link: dict[str, Any] = {"trace_id": message.trace_id.hex(), "span_id": message.span_id.hex()}
    if message.trace_state:
        link["trace_state"] = message.trace_state
    link["attributes"] = _attributes(message.attributes)
    if message.dropped_attributes_count:
        link["dropped_attributes"] = message.dropped_attributes_count
    if message.flags:
        link["flags"] = message.flags
    return link


def _add_logs(request: Any, batch: Batch) -> None:
    for group in request.resource_logs:
        resource = _attributes(group.resource.attributes)
        of_resource = _resource_extra(group.resource, group.schema_url)
        for scoped in group.scope_logs:
            shared = of_resource | _scope_extra(scoped.scope, scoped.schema_url)
            if scoped.scope.name:
                shared["scope"] = scoped.scope.name
            if scoped.scope.version:
                shared["scope_version"] = scoped.scope.version
            for message in scoped.log_records:
                trace_id, span_id = message.trace_id, message.span_id
                if (trace_id and len(trace_id) != 16) or (span_id and len(span_id) != 8):
                    batch.rejected.append(
                        f"log record {quoted(message.event_name)}: trace_id must be 16 bytes and span_id 8, or absent,"
                        f" got {quoted(trace_id.hex())} and {quoted(span_id.hex())}"
                    )
                else:
                    batch.logs.append(_log(message, resource, dict(shared)))


def _log(message: logs_pb2.LogRecord, resource: dict[str, Any], extra: dict[str, Any]) -> Log:
    trace_id, span_id = message.trace_id, message.span_id
    time_ns, observed_ns = message.time_unix_nano, message.observed_time_unix_nano
    if time_ns and observed_ns and observed_ns != time_ns:
        extra["observed_time_ns"] = observed_ns
    if message.severity_number:
        extra["severity_number"] = message.severity_number
    if message.flags:
        extra["flags"] = message.flags
    if message.dropped_attributes_count:
        extra["dropped_attributes"] = message.dropped_attributes_count
    return Log(
        trace_id=trace_id.hex() if trace_id and trace_id != _NO_TRACE else None,
        span_id=span_id.hex() if span_id and span_id != _NO_SPAN else None,
        time_ns=time_ns or observed_ns,
        event_name=message.event_name or None,
        severity=message.severity_text or None,
        body=_value(message.body),
        attributes=_attributes(message.attributes),
        resource=resource,
        extra=extra,
    )


def _resource_extra(resource: Resource, schema_url: str) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if schema_url:
        extra["resource_schema_url"] = schema_url
    if resource.dropped_attributes_count:
        extra["resource_dropped_attributes"] = resource.dropped_attributes_count
    if resource.entity_refs:
        extra["resource_entities"] = [
            {
                "schema_url": entity.schema_url,
                "type": entity.type,
                "id_keys": list(entity.id_keys),
                "description_keys": list(entity.description_keys),
            }
            for entity in resource.entity_refs
        ]
    return extra


def _scope_extra(scope: InstrumentationScope, schema_url: str) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if schema_url:
        extra["scope_schema_url"] = schema_url
    if scope.attributes:
        extra["scope_attributes"] = _attributes(scope.attributes)
    if scope.dropped_attributes_count:
        extra["scope_dropped_attributes"] = scope.dropped_attributes_count
    return extra


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    # Most values are non-empty texts or numbers, and asking for them costs a third of asking which of seven it is.
    return {pair.key: (value := pair.value).string_value or value.int_value or _value(value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or kind == "string_value_strindex":  # a reference into the dictionary of a profile: none here
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return getattr(value, kind)


def _text(value: Any) -> str | None:
    """A resource attribute as a column: some send numbers for versions."""
    return str(value) if isinstance(value, str | int | float) and value != "" else None
