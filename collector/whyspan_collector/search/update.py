"""Bringing the text index up to date with the store: the traces of which something arrived since they were indexed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa

from whyspan_collector.records import Log, Span
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.search.index import Text, TextIndex, Trace
from whyspan_collector.search.span_texts import texts_of
from whyspan_collector.vocabularies import content

Query = Callable[..., pa.Table]
"""`Store.query`; `trace_arrivals`, `spans_of_traces` and `logs_of_traces` are asked."""
_AT_ONCE: Final = 100
"""Traces read together. Reading costs a block of two thousand spans anyway."""
_PATIENCE_NS: Final = 60 * 10**9
"""A trace that never goes quiet is indexed again when what arrived last is so much newer than what is indexed."""


def update(
    index: TextIndex,
    query: Query,
    quiet_before_ns: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Indexes what changed and forgets what the store no longer has.

    Args:
        index: the index.
        query: that of the store it belongs to.
        quiet_before_ns: a trace of which something arrived later, by our clock, is left until it is quiet or a minute behind, so that
            a growing trace is not read again and again; None leaves none.
        is_stopping: asked after each portion; once it is so, the rest is left for the next time.

    Returns:
        how many traces were to be indexed.
    """
    stored, indexed = _arrivals(query), index.arrivals()
    index.forget(indexed.keys() - stored.keys())
    due = [trace for trace in stored if stored[trace] != indexed.get(trace)]
    if quiet_before_ns is not None:
        due = [
            trace
            for trace in due
            if stored[trace] < quiet_before_ns or stored[trace] - indexed.get(trace, stored[trace]) > _PATIENCE_NS
        ]
    for start in range(0, len(due), _AT_ONCE):
        if is_stopping():
            break
        portion = due[start : start + _AT_ONCE]
        index.replace(Trace(trace_id, stored[trace_id], texts) for trace_id, texts in _texts(query, portion).items())
    return len(due)


def behind(index: TextIndex, query: Query) -> int:
    """Counts the traces of which the index lacks what arrived last."""
    indexed = index.arrivals()
    return sum(indexed.get(trace) != arrived for trace, arrived in _arrivals(query).items())


def _arrivals(query: Query) -> dict[str, int]:
    table = query("trace_arrivals")
    return dict(zip(table["trace_id"].to_pylist(), table["last_arrived_ns"].to_pylist(), strict=True))


def _texts(query: Query, trace_ids: Sequence[str]) -> dict[str, Iterator[Text]]:
    spans: Mapping[str, list[Span]] = {trace_id: [] for trace_id in trace_ids}
    for span in spans_from_table(query("spans_of_traces", trace_ids=trace_ids)):
        spans[span.trace_id].append(span)
    logs: dict[tuple[str | None, str | None], list[Log]] = defaultdict(list)
    for log in logs_from_table(query("logs_of_traces", trace_ids=trace_ids)):
        logs[log.trace_id, log.span_id].append(log)
    return {trace_id: _texts_of_trace(of_trace, logs) for trace_id, of_trace in spans.items()}


def _texts_of_trace(
    spans: Sequence[Span], logs: Mapping[tuple[str | None, str | None], Sequence[Log]]
) -> Iterator[Text]:
    for span in spans:
        for place, text in texts_of(span, content(span, logs.get((span.trace_id, span.span_id), ()))):
            yield Text(span.span_id, place, text)
