"""The shape the three OTLP signals share: a request holds groups by resource, these hold groups by scope, these records."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Signal: TypeAlias = Literal["traces", "logs", "metrics"]
Encoding: TypeAlias = Literal["protobuf", "json"]


class Malformed(ValueError):
    """The body is not the OTLP request it was sent as; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The field names and the message of one signal."""

    request: type[Message]
    by_resource: str
    """Field of the request."""
    by_scope: str
    """Field of a resource's group."""
    records: str
    """Field of a scope's group."""
    record: str
    """What one record is called in messages to people."""


SHAPES: Final[dict[Signal, Shape]] = {
    "traces": Shape(ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans", "span"),
    "logs": Shape(ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records", "log record"),
    "metrics": Shape(ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics", "metric"),
}

RESOURCE_FIELD: Final = 1
"""Number of `resource` in a resource's group and of `scope` in a scope's group, and of the groups in a request."""
RECORDS_FIELD: Final = 2
"""Number of the scopes in a resource's group and of the records in a scope's group, equal in all three signals."""


def quoted(value: Any) -> str:
    """A value from a request as part of a message: one printable line of at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
