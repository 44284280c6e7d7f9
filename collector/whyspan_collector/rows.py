"""Spans and logs as rows of their tables, and back.

What was sent is kept twice over only where a column makes it searchable: `raw` holds attributes, events, links,
resource and extra as they came, and every read of a `Span` comes from the columns plus `raw`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from typing import Any

import pyarrow as pa

from whyspan.semconv import Kind
from whyspan_collector import raw
from whyspan_collector.records import Log, Span

_TEXT_LIST = pa.list_(pa.string())

_SPAN_FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("trace_id", "span_id", "parent_span_id", "name", "otel_kind"), pa.string()),
    **dict.fromkeys(("start_ns", "end_ns"), pa.uint64()),
    **dict.fromkeys(("status", "status_message", "service", "service_version", "environment"), pa.string()),
    **dict.fromkeys(("scope", "scope_version", "vocabulary", "kind", "operation"), pa.string()),
    **dict.fromkeys(("agent", "agent_id", "agent_version", "tool", "tool_call_id", "effect"), pa.string()),
    **dict.fromkeys(("request_model", "response_model", "provider", "finish_reason"), pa.string()),
    **dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens"), pa.int64()),
    **dict.fromkeys(("cache_write_tokens", "reasoning_tokens"), pa.int64()),
    "cost": pa.float64(),
    **dict.fromkeys(("session_id", "user_id", "run_key", "error_type", "error_message"), pa.string()),
}
"""The columns that are fields of `Span`."""
_LOG_FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("trace_id", "span_id"), pa.string()),
    "time_ns": pa.uint64(),
    **dict.fromkeys(("event_name", "severity"), pa.string()),
}

_SPAN_RAW = ("attributes", "events", "links", "resource", "extra")
_LOG_RAW = ("body", "attributes", "resource", "extra")

_AS_SENT = ("trace_id", "span_id", "parent_span_id", "name", "otel_kind", "start_ns", "end_ns", "status")
_SPAN_IDENTITY = attrgetter(*_AS_SENT, "status_message", "scope", "scope_version")
_LOG_IDENTITY = attrgetter(*_LOG_FIELDS)


@dataclass(slots=True)
class Encoded:
    """A span or log with the parts of its row that are computed from it."""

    record: Any
    raw: bytes
    content_hash: str
    """Of the record as sent. What a vocabulary made of it is left out, so a better vocabulary makes no new version."""

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Of two versions of one span the one with the larger rank stays, whichever came first."""
        return self.record.end_ns > 0, len(self.record.attributes), self.content_hash


def encode_span(span: Span) -> Encoded:
    """Encodes what `span_table` needs. Raises TypeError when the span holds what OTLP cannot carry."""
    return _encode(span, _SPAN_RAW, _SPAN_IDENTITY(span))


def encode_log(log: Log) -> Encoded:
    """Encodes what `log_table` needs. Raises TypeError when the record holds what OTLP cannot carry."""
    return _encode(log, _LOG_RAW, _LOG_IDENTITY(log))


def _encode(record: Span | Log, fields: Iterable[str], identity: tuple[Any, ...]) -> Encoded:
    sent = {name: value for name in fields if (value := getattr(record, name)) or name == "body"}
    text = raw.encode(sent)
    digest = sha256(repr(identity).encode(errors="backslashreplace"))
    digest.update(text)
    return Encoded(record, text, digest.hexdigest()[:32])


def span_table(encoded: Sequence[Encoded], arrived_ns: int) -> pa.Table:
    """Builds rows of `spans`."""
    spans = [item.record for item in encoded]
    columns = {name: column(map(attrgetter(name), spans), kind) for name, kind in _SPAN_FIELDS.items()}
    columns["linked_spans"] = column(
        ([f"{link['trace_id']}-{link['span_id']}" for link in span.links] for span in spans), _TEXT_LIST
    )
    columns["attribute_count"] = column((len(span.attributes) for span in spans), pa.int32())
    return pa.table(columns | _common(encoded, arrived_ns))


def log_table(encoded: Sequence[Encoded], arrived_ns: int) -> pa.Table:
    """Builds rows of `logs`."""
    logs = [item.record for item in encoded]
    columns = {name: column(map(attrgetter(name), logs), kind) for name, kind in _LOG_FIELDS.items()}
    return pa.table(columns | _common(encoded, arrived_ns))


def _common(encoded: Sequence[Encoded], arrived_ns: int) -> dict[str, pa.Array]:
    return {
        "raw": pa.array([item.raw for item in encoded], pa.string()),
        "content_hash": pa.array([item.content_hash for item in encoded], pa.string()),
        "arrived_ns": pa.array([arrived_ns] * len(encoded), pa.uint64()),
    }


def column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Builds a column; what its type cannot hold does not stop the rest.

    Text loses lone surrogates (they become U+FFFD) and a number that does not fit becomes null: such values are
    nobody's name or token count, and `raw` keeps them as sent.
    """
    values = list(values)
    try:
        return pa.array(values, kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_fitting(value, kind) for value in values], kind)


def _fitting(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, list):
        return [_fitting(item, kind.value_type) for item in value]
    if isinstance(value, str):
        value = value.encode(errors="surrogatepass").decode(errors="replace")
    try:
        return pa.scalar(value, kind).as_py()
    except (OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def spans_from_table(table: pa.Table) -> list[Span]:
    """Reads spans back from the rows of query `run_spans_raw`, in the order of the rows."""
    columns = [table[name].to_pylist() for name in _SPAN_FIELDS]
    spans = []
    for values, text in zip(zip(*columns, strict=True), table["raw"].to_pylist(), strict=True):
        span = Span(**dict(zip(_SPAN_FIELDS, values, strict=True)), **raw.decode(text))
        span.kind = Kind(span.kind)
        spans.append(span)
    return spans


def logs_from_table(table: pa.Table) -> list[Log]:
    """Reads log records back from the rows of query `run_logs`, in the order of the rows."""
    columns = [table[name].to_pylist() for name in _LOG_FIELDS]
    return [
        Log(**dict(zip(_LOG_FIELDS, values, strict=True)), **raw.decode(text))
        for values, text in zip(zip(*columns, strict=True), table["raw"].to_pylist(), strict=True)
    ]
