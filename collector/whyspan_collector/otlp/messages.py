"""The protobuf messages of a span and a log record as records: every field of OTLP has its place in `Span` or `Log`."""

from functools import cached_property, lru_cache
from typing import Any, Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from whyspan_collector.otlp.shape import quoted
from whyspan_collector.otlp.values import attributes, value
from whyspan_collector.records import Log, Span

KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES: Final = ("unset", "ok", "error")
NO_TRACE: Final = bytes(16)
NO_SPAN: Final = bytes(8)


class Context:
    """What the records of one scope of one resource share."""

    def __init__(self, resource: Resource, schema_url: str, scoped: "trace_pb2.ScopeSpans | ScopeLogs") -> None:
        """Reads the resource.

        Args:
            resource: the resource's message.
            schema_url: that of the resource's group.
            scoped: the scope's group; its records are not looked at.
        """
        self._resource, self._schema_url, self._scoped = resource, schema_url, scoped
        self.resource = attributes(resource.attributes)
        self.scope = scoped.scope.name or None
        self.scope_version = scoped.scope.version or None

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns of a span that are named by its resource and scope."""
        named = self.resource
        environment = named.get("deployment.environment.name", named.get("deployment.environment"))
        return {
            "service": _text(named.get("service.name")),
            "service_version": _text(named.get("service.version")),
            "environment": _text(environment),
            "scope": self.scope,
            "scope_version": self.scope_version,
        }

    @cached_property
    def extra(self) -> dict[str, Any]:
        """What of the resource and the scope is neither column nor attribute."""
        resource, scope = self._resource, self._scoped.scope
        entities = [
            {
                "schema_url": entity.schema_url,
                "type": entity.type,
                "id_keys": list(entity.id_keys),
                "description_keys": list(entity.description_keys),
            }
            for entity in resource.entity_refs
        ]
        extra = {
            "resource_schema_url": self._schema_url,
            "resource_dropped_attributes": resource.dropped_attributes_count,
            "resource_entities": entities,
            "scope_schema_url": self._scoped.schema_url,
            "scope_attributes": attributes(scope.attributes),
            "scope_dropped_attributes": scope.dropped_attributes_count,
        }
        return {name: each for name, each in extra.items() if each}


def span_of(message: trace_pb2.Span, context: Context) -> Span:
    """The whole record of a span, its canonical columns not yet filled."""
    parent, status = message.parent_span_id, message.status
    kind, code = message.kind, status.code
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=parent.hex() if parent and parent != NO_SPAN else None,
        name=message.name,
        otel_kind=KINDS[kind] if 0 <= kind < len(KINDS) else KINDS[0],
        start_ns=message.start_time_unix_nano,
        end_ns=message.end_time_unix_nano,
        status=STATUSES[code] if 0 <= code < len(STATUSES) else STATUSES[0],
        status_message=status.message or None,
        **context.columns,
        attributes=attributes(message.attributes),
        events=[event_of(event) for event in message.events],
        links=[link_of(link) for link in message.links],
        resource=context.resource,
        extra=context.extra | _span_extra(message),
    )


def _span_extra(message: trace_pb2.Span) -> dict[str, Any]:
    extra = {
        "trace_state": message.trace_state,
        "flags": message.flags,
        "dropped_attributes": message.dropped_attributes_count,
        "dropped_events": message.dropped_events_count,
        "dropped_links": message.dropped_links_count,
        # Numbers OTLP does not define yet; the columns have the default's name.
        "kind": 0 if 0 <= message.kind < len(KINDS) else message.kind,
        "status_code": 0 if 0 <= message.status.code < len(STATUSES) else message.status.code,
    }
    return {name: each for name, each in extra.items() if each}


def why_no_span(trace_id: bytes, span_id: bytes, parent: bytes, name: str) -> str | None:
    """Why a span cannot be kept; None when its ids are sound."""
    if len(trace_id) != 16 or trace_id == NO_TRACE:
        reason = f"trace_id must be 16 bytes and not all zero, got {quoted(trace_id.hex())}"
    elif len(span_id) != 8 or span_id == NO_SPAN:
        reason = f"span_id must be 8 bytes and not all zero, got {quoted(span_id.hex())}"
    elif parent and len(parent) != 8:
        reason = f"parent_span_id must be 8 bytes or absent, got {quoted(parent.hex())}"
    else:
        return None
    return f"span {quoted(name)}: {reason}"


def event_of(message: trace_pb2.Span.Event) -> dict[str, Any]:
    """An event, as in `Span.events`."""
    event = {
        "name": message.name,
        "time_ns": message.time_unix_nano,
        "attributes": attributes(message.attributes),
    }
    if message.dropped_attributes_count:
        event["dropped_attributes"] = message.dropped_attributes_count
    return event


def link_of(message: trace_pb2.Span.Link) -> dict[str, Any]:
    """A link, as in `Span.links`."""
    link: dict[str, Any] = {"trace_id": message.trace_id.hex(), "span_id": message.span_id.hex()}
    if message.trace_state:
        link["trace_state"] = message.trace_state
    link["attributes"] = attributes(message.attributes)
    if message.dropped_attributes_count:
        link["dropped_attributes"] = message.dropped_attributes_count
    if message.flags:
        link["flags"] = message.flags
    return link


def log_of(message: LogRecord, context: Context) -> Log:
    """The record of a log record."""
    trace_id, span_id = message.trace_id, message.span_id
    time_ns, observed_ns = message.time_unix_nano, message.observed_time_unix_nano
    extra = {
        "scope": context.scope,
        "scope_version": context.scope_version,
        "observed_time_ns": observed_ns if time_ns and observed_ns != time_ns else 0,
        "severity_number": message.severity_number,
        "flags": message.flags,
        "dropped_attributes": message.dropped_attributes_count,
    }
    return Log(
        trace_id=trace_id.hex() if trace_id and trace_id != NO_TRACE else None,
        span_id=span_id.hex() if span_id and span_id != NO_SPAN else None,
        time_ns=time_ns or observed_ns,
        event_name=message.event_name or None,
        severity=message.severity_text or None,
        body=value(message.body),
        attributes=attributes(message.attributes),
        resource=context.resource,
        extra=context.extra | {name: each for name, each in extra.items() if each},
    )


def why_no_log(trace_id: bytes, span_id: bytes, event_name: str) -> str | None:
    """Why a log record cannot be kept; None when its ids are sound or absent."""
    if (not trace_id or len(trace_id) == 16) and (not span_id or len(span_id) == 8):
        return None
    return (
        f"log record {quoted(event_name)}: trace_id must be 16 bytes and span_id 8, or absent,"
        f" got {quoted(trace_id.hex())} and {quoted(span_id.hex())}"
    )


def span_from_bytes(message: bytes, context: bytes) -> Span:
    """A span as it was sent, from the bytes of a `Sent`; its canonical columns are not filled."""
    return span_of(trace_pb2.Span.FromString(message), spans_context(context))


def log_from_bytes(message: bytes, context: bytes) -> Log:
    """A log record as it was sent, from the bytes of a `Sent`."""
    return log_of(LogRecord.FromString(message), logs_context(context))


@lru_cache(256)  # an agent has few scopes, and sends each with every request
def spans_context(message: bytes) -> Context:
    """What the spans of a scope share, from the bytes in `Sent`."""
    group = trace_pb2.ResourceSpans.FromString(message)
    return Context(group.resource, group.schema_url, group.scope_spans[0])


@lru_cache(256)
def logs_context(message: bytes) -> Context:
    """What the log records of a scope share, from the bytes in `Sent`."""
    group = ResourceLogs.FromString(message)
    return Context(group.resource, group.schema_url, group.scope_logs[0])


def _text(named: Any) -> str | None:
    """A resource attribute as a column: some send numbers for versions."""
    return str(named) if isinstance(named, str | int | float) and named != "" else None
