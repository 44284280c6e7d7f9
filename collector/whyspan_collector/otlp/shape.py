"""The shape the three OTLP signals share: a request holds groups by resource, these hold groups by scope, these records."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

Signal: TypeAlias = Literal["traces", "logs", "metrics"]
Encoding: TypeAlias = Literal["protobuf", "json"]
SIGNALS: Final[tuple[Signal, ...]] = get_args(Signal)
ENCODINGS: Final[tuple[Encoding, ...]] = get_args(Encoding)


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
    response: type[Message]
    rejected: str
    """Field of the response's partial success."""


SHAPES: Final[dict[Signal, Shape]] = {
    "traces": Shape(
        request=ExportTraceServiceRequest,
        by_resource="resource_spans",
        by_scope="scope_spans",
        records="spans",
        record="span",
        response=ExportTraceServiceResponse,
        rejected="rejected_spans",
    ),
    "logs": Shape(
        request=ExportLogsServiceRequest,
        by_resource="resource_logs",
        by_scope="scope_logs",
        records="log_records",
        record="log record",
        response=ExportLogsServiceResponse,
        rejected="rejected_log_records",
    ),
    "metrics": Shape(
        request=ExportMetricsServiceRequest,
        by_resource="resource_metrics",
        by_scope="scope_metrics",
        records="metrics",
        record="metric",
        response=ExportMetricsServiceResponse,
        rejected="rejected_data_points",
    ),
}

RESOURCE_FIELD: Final = 1
"""Number of `resource` in a resource's group and of `scope` in a scope's group, and of the groups in a request."""
RECORDS_FIELD: Final = 2
"""Number of the scopes in a resource's group and of the records in a scope's group, equal in all three signals."""


def quoted(value: Any) -> str:
    """A value from a request as part of a message: one printable line of at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def service_name(signal: Signal) -> str:
    """The full name of the gRPC service that takes the signal; its one method is `Export`."""
    (service,) = SHAPES[signal].request.DESCRIPTOR.file.services_by_name.values()
    name: str = service.full_name
    return name
