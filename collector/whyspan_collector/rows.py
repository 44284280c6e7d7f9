"""Spans and logs as rows of their tables, and back.

A row has the columns that make a record searchable, and says where in `packs` its bytes are. A record that is read back
comes from its bytes; what a vocabulary had named, from the columns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

import pyarrow as pa

from whyspan.semconv import Kind
from whyspan_collector.otlp import log_from_bytes, span_from_bytes
from whyspan_collector.records import Log, Record, Sent, Span

Items: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""Numbers of items in `packs`: of the messages of some records, and of their contexts."""

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
    "tags": _TEXT_LIST,
}
"""The columns that are fields of `Span`."""
_LOG_FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("trace_id", "span_id"), pa.string()),
    "time_ns": pa.uint64(),
    **dict.fromkeys(("event_name", "severity"), pa.string()),
}
_KINDS = {kind.value: kind for kind in Kind}
_SPAN_VALUES = attrgetter(*_SPAN_FIELDS)
_LOG_VALUES = attrgetter(*_LOG_FIELDS)


def rank(sent: Sent[Span]) -> tuple[bool, int, str]:
    """Of two versions of one span the one with the larger rank stays, whichever came first."""
    return sent.record.end_ns > 0, sent.attributes, sent.content_hash


def span_table(sent: Sequence[Sent[Span]], items: Items, arrived_ns: int) -> pa.Table:
    """Builds rows of `spans`. `items` are the numbers of the messages and of the contexts in `packs`."""
    values = zip(*map(_SPAN_VALUES, (each.record for each in sent)), strict=True)
    columns = {name: column(each, kind) for (name, kind), each in zip(_SPAN_FIELDS.items(), values, strict=True)}
    columns["linked_spans"] = column(
        [[f"{link['trace_id']}-{link['span_id']}" for link in each.record.links] for each in sent], _TEXT_LIST
    )
    columns["attribute_count"] = pa.array([each.attributes for each in sent], pa.int32())
    return pa.table(columns | _common(sent, items, arrived_ns))


def log_table(sent: Sequence[Sent[Log]], items: Items, arrived_ns: int) -> pa.Table:
    """Builds rows of `logs`; see `span_table`."""
    values = zip(*map(_LOG_VALUES, (each.record for each in sent)), strict=True)
    columns = {name: column(each, kind) for (name, kind), each in zip(_LOG_FIELDS.items(), values, strict=True)}
    return pa.table(columns | _common(sent, items, arrived_ns))


def _common(sent: Sequence[Sent[Record]], items: Items, arrived_ns: int) -> dict[str, pa.Array]:
    messages, contexts = items
    return {
        "message": pa.array(messages, pa.uint64()),
        "context": pa.array(contexts, pa.uint64()),
        "content_hash": pa.array([each.content_hash for each in sent], pa.string()),
        "arrived_ns": pa.array([arrived_ns] * len(sent), pa.uint64()),
    }


def column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Builds a column; what its type cannot hold does not stop the rest.

    Text loses lone surrogates (they become U+FFFD) and a number that does not fit becomes null: such values are
    nobody's name or token count, and the record's bytes keep them as sent.
    """
    values = list(values)
    try:
        return pa.array(values, kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_fitting(value, kind) for value in values], kind)


def _fitting(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, list | tuple):
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
    for whole, *values in zip(_whole(table, span_from_bytes), *columns, strict=True):
        for name, value in zip(_SPAN_FIELDS, values, strict=True):
            setattr(whole, name, value)
        whole.kind = _KINDS[whole.kind]
        spans.append(whole)
    return spans


def outlines_from_table(table: pa.Table) -> list[Span]:
    """Reads spans from the rows of query `run_spans`: their columns are filled, what they carried is not."""
    columns = [table[name].to_pylist() for name in _SPAN_FIELDS]
    spans = [Span(*values) for values in zip(*columns, strict=True)]
    for span in spans:
        span.kind = _KINDS[span.kind]
    return spans


def logs_from_table(table: pa.Table) -> list[Log]:
    """Reads log records back from the rows of query `run_logs`, in the order of the rows."""
    return list(_whole(table, log_from_bytes))


def _whole(table: pa.Table, from_bytes: Callable[[bytes, bytes], Record]) -> Iterator[Record]:
    return map(from_bytes, table["message"].to_pylist(), table["context"].to_pylist())
