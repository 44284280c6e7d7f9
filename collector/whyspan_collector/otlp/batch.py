"""From the body of a request to whole records: what is read back, and what tools read from files."""

from dataclasses import dataclass, field
from typing import Any

from whyspan_collector.otlp.from_json import parse_json
from whyspan_collector.otlp.from_protobuf import parse_protobuf
from whyspan_collector.otlp.messages import Context, log_of, span_of, why_no_log, why_no_span
from whyspan_collector.otlp.shape import SHAPES, Encoding, Signal
from whyspan_collector.records import Log, Span
from whyspan_collector.vocabularies import fill_columns


@dataclass(slots=True)
class Batch:
    """What one OTLP request held, as whole records."""

    spans: list[Span] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    points: int = 0
    """Metric data points; they are counted, not kept."""
    rejected: list[str] = field(default_factory=list)
    """One sentence per record that was not kept: which one and why."""


def parse(signal: Signal, body: bytes, encoding: Encoding) -> tuple[Any, list[str]]:
    """The request as a protobuf message, and one sentence per record that could not be parsed.

    Raises:
        Malformed: the body is not such a request at all.
    """
    return (parse_json if encoding == "json" else parse_protobuf)(signal, body)


def count_points(request: Any) -> int:
    """The number of metric data points in a request."""
    return sum(
        len(getattr(metric, data).data_points)
        for group in request.resource_metrics
        for scoped in group.scope_metrics
        for metric in scoped.metrics
        if (data := metric.WhichOneof("data"))
    )


def decode(signal: Signal, body: bytes, encoding: Encoding) -> Batch:
    """Turn the (inflated) body of an OTLP request into whole records with their canonical columns filled.

    Times, empty names and unknown enum numbers are kept as they came. Records of one scope share one `resource`
    dictionary.

    Raises:
        Malformed: the body is not such a request at all.
    """
    request, rejected = parse(signal, body, encoding)
    batch = Batch(rejected=rejected)
    if signal == "metrics":
        batch.points = count_points(request)
        return batch
    shape = SHAPES[signal]
    for group in getattr(request, shape.by_resource):
        for scoped in getattr(group, shape.by_scope):
            context = Context(group.resource, group.schema_url, scoped)
            for record in getattr(scoped, shape.records):
                if signal == "traces":
                    _add_span(record, context, batch)
                else:
                    _add_log(record, context, batch)
    return batch


def _add_span(message: Any, context: Context, batch: Batch) -> None:
    if reason := why_no_span(message.trace_id, message.span_id, message.parent_span_id, message.name):
        batch.rejected.append(reason)
        return
    span = span_of(message, context)
    fill_columns(span)
    batch.spans.append(span)


def _add_log(message: Any, context: Context, batch: Batch) -> None:
    if reason := why_no_log(message.trace_id, message.span_id, message.event_name):
        batch.rejected.append(reason)
    else:
        batch.logs.append(log_of(message, context))
