"""Adding spans and logs to their tables: each span once, in the best version of it, and each log record once.

Idempotent and commutative: the same records in any order, any number of times and in batches of any size make the same rows.
There are no keys in the schema (they cost ten times the insert), so a batch is compared with what is stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.packs import Writer
from whyspan_collector.records import Log, Record, Sent, Span
from whyspan_collector.rows import Items, column, log_table, rank, span_table
from whyspan_collector.sql import named_tables, statements


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of the records of one batch. The fields are also the names of the lasting counters."""

    new_spans: int = 0
    replaced_spans: int = 0
    """Spans that took the place of an earlier version, such as the pending one."""
    duplicate_spans: int = 0
    """Spans that were stored already, in this version or a better one."""
    new_logs: int = 0
    duplicate_logs: int = 0


def merge(
    connection: DuckDBPyConnection,
    packs: Writer,
    spans: Sequence[Sent[Span]],
    logs: Sequence[Sent[Log]],
    arrived_ns: int,
) -> IngestCounts:
    """Adds a batch inside the caller's transaction and marks the traces it changed.

    Args:
        connection: the writer's.
        packs: takes what was sent.
        spans: any number, repeats included.
        logs: likewise; a record without a trace id is stored and belongs to no run.
        arrived_ns: our clock, nanoseconds since the epoch.

    Returns:
        what was added, replaced and left out.
    """
    span_counts, merged_spans = _merge_spans(connection, packs, spans, arrived_ns)
    log_counts, merged_logs = _merge_logs(connection, packs, logs, arrived_ns)
    packs.write(connection)
    counts = IngestCounts(**span_counts, **log_counts)
    _mark_changed(connection, _traces(merged_spans, merged_logs), arrived_ns)
    _add_joins(connection, merged_spans)
    add_to_counters(connection, asdict(counts))
    return counts


def _traces(spans: Iterable[Sent[Span]], logs: Iterable[Sent[Log]]) -> set[str]:
    named = {each.record.trace_id for each in logs if each.record.trace_id}
    return named | {each.record.trace_id for each in spans}


def add_to_counters(connection: DuckDBPyConnection, increments: Mapping[str, int]) -> None:
    """Raises lasting counters by name. Raises KeyError for a name that is not in the schema."""
    names, values = list(increments), list(increments.values())
    ((raised,),) = connection.execute(statements()["add_to_counters"], {"names": names, "values": values}).fetchall()
    if raised != len(names):
        raise KeyError(f"not all of {names} are counters of the schema")


def _merge_spans(
    connection: DuckDBPyConnection, packs: Writer, spans: Sequence[Sent[Span]], arrived_ns: int
) -> tuple[dict[str, int], list[Sent[Span]]]:
    best: dict[tuple[str, str], Sent[Span]] = {}
    for candidate in spans:
        key = candidate.record.trace_id, candidate.record.span_id
        rival = best.setdefault(key, candidate)
        if rival is not candidate and rank(candidate) > rank(rival):
            best[key] = candidate
    outdated = []
    for trace_id, span_id, rowid, *stored_rank in _stored_spans(connection, best):
        if rank(best[trace_id, span_id]) > tuple(stored_rank):
            outdated.append(rowid)
        else:
            del best[trace_id, span_id]
    if outdated:
        connection.execute(statements()["delete_spans"], {"rowids": outdated})
    merged = list(best.values())
    if merged:
        with named_tables(connection, incoming=span_table(merged, _packed(packs, merged), arrived_ns)):
            connection.execute(statements()["insert_spans"])
    replaced = len(outdated)
    return {
        "new_spans": len(merged) - replaced,
        "replaced_spans": replaced,
        "duplicate_spans": len(spans) - len(merged),
    }, merged


def _packed(packs: Writer, sent: Sequence[Sent[Record]]) -> Items:
    contexts = {context: packs.add_once(context) for context in dict.fromkeys(each.context for each in sent)}
    return [packs.add(each.message) for each in sent], [contexts[each.context] for each in sent]


def _stored_spans(connection: DuckDBPyConnection, keys: Collection[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Finds the stored versions: (trace id, span id, row id, ended, number of attributes, content hash)."""
    if not keys:
        return []
    trace_ids, span_ids = zip(*keys, strict=True)
    incoming = pa.table({"trace_id": column(trace_ids, pa.string()), "span_id": column(span_ids, pa.string())})
    with named_tables(connection, incoming=incoming):
        first, last = connection.execute(statements()["arrival_window"]).fetchall()[0]
        if first is None:  # only traces of which nothing is stored
            return []
        return connection.execute(statements()["stored_spans"], {"first": first, "last": last}).fetchall()


def _merge_logs(
    connection: DuckDBPyConnection, packs: Writer, logs: Sequence[Sent[Log]], arrived_ns: int
) -> tuple[dict[str, int], list[Sent[Log]]]:
    new = {item.content_hash: item for item in logs}
    if new:
        times = [item.record.time_ns for item in new.values()]  # equal records have equal times
        window = {"first": min(times), "last": max(times), "hashes": list(new)}
        for (content_hash,) in connection.execute(statements()["stored_logs"], window).fetchall():
            del new[content_hash]
    merged = list(new.values())
    if merged:
        with named_tables(connection, incoming=log_table(merged, _packed(packs, merged), arrived_ns)):
            connection.execute(statements()["insert_logs"])
    return {"new_logs": len(merged), "duplicate_logs": len(logs) - len(merged)}, merged


def _mark_changed(connection: DuckDBPyConnection, trace_ids: Collection[str], arrived_ns: int) -> None:
    if trace_ids:
        arrivals = pa.array([arrived_ns] * len(trace_ids), pa.uint64())
        changed = pa.table({"trace_id": column(sorted(trace_ids), pa.string()), "arrived_ns": arrivals})
        with named_tables(connection, changed=changed):
            connection.execute(statements()["mark_changed"])


def _add_joins(connection: DuckDBPyConnection, merged: Iterable[Sent[Span]]) -> None:
    edges = set()
    for span in (item.record for item in merged):
        joined = {link["trace_id"] for link in span.links} - {span.trace_id}
        if span.run_key:
            joined.add(f"key:{span.run_key}")
        edges |= {(span.trace_id, other) for other in joined} | {(other, span.trace_id) for other in joined}
    if edges:
        nodes, others = zip(*sorted(edges), strict=True)
        table = pa.table({"node": column(nodes, pa.string()), "other": column(others, pa.string())})
        with named_tables(connection, edges=table):
            connection.execute(statements()["add_joins"])
