"""Bringing the `runs` table up to date with the spans and logs of the traces that changed.

Only these traces, and those that links and run keys join to them, are read. Runs that were merged or split disappear
under their old ids, and their diagnoses with them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from typing import Any, Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.prices import Prices
from whyspan_collector.rollup import RunRow, roll_up
from whyspan_collector.rows import column
from whyspan_collector.runs import LogFacts, SpanFacts, assign_logs, partition
from whyspan_collector.sql import named_tables, statements

_RUN_FIELDS: Final = [field.name for field in fields(RunRow)]
_STEPS: Final = (
    "delete_stale_diagnoses",
    "delete_split_spans",
    "delete_run_errors",
    "delete_runs",
    "insert_runs",
    "insert_split_spans",
    "add_moved_pins",
    "delete_moved_pins",
    "mark_unchanged",
)


def refresh(connection: DuckDBPyConnection, prices: Prices) -> None:
    """Regroups and sums up what changed, inside the caller's transaction; costs are derived with the given prices."""
    affected = connection.sql(statements()["affected_traces"]).to_arrow_table()
    with named_tables(connection, affected=affected):
        window = _window(affected)
        spans, logs = _facts(connection, window)
        runs = partition(spans)
        stored = {span.key for span in spans}
        logs_of = assign_logs(runs, logs)
        rows = [roll_up(run_id, members, logs_of.get(run_id, ()), stored, prices) for run_id, members in runs.items()]
        renewed = _table(connection, "runs", map(_row, rows))
        renewed_split_spans = _table(connection, "split_spans", _split_spans(runs))
        with named_tables(connection, renewed=renewed, renewed_split_spans=renewed_split_spans):
            for statement in _STEPS:
                connection.execute(statements()[statement])
            connection.execute(statements()["insert_run_errors"], window)


def _row(row: RunRow) -> dict[str, Any]:
    """The row as a dictionary. `asdict` copies what is in it, which takes a fifth of all the time here."""
    return {name: getattr(row, name) for name in _RUN_FIELDS} | {"usage": [asdict(usage) for usage in row.usage]}


def _window(affected: pa.Table) -> dict[str, int]:
    """When everything of the affected traces arrived: reading can skip the rest."""
    first, last = (affected[name].to_pylist() for name in ("first_arrived_ns", "last_arrived_ns"))
    return {"first": min(first, default=0), "last": max(last, default=0)}


def _facts(connection: DuckDBPyConnection, window: dict[str, int]) -> tuple[list[SpanFacts], list[LogFacts]]:
    spans = connection.sql(statements()["span_facts"], params=window).to_arrow_table()
    logs = connection.sql(statements()["log_facts"], params=window).to_arrow_table()
    return [SpanFacts(*row) for row in _values(spans)], [LogFacts(*row) for row in _values(logs)]


def _values(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Yields the rows; by way of Arrow's lists this takes a third of the time of `fetchall`."""
    return zip(*(values.to_pylist() for values in table.columns), strict=True)


def _split_spans(runs: dict[str, list[SpanFacts]]) -> Iterator[dict[str, str]]:
    """Yields the rows of `split_spans`."""
    runs_of_trace = Counter(trace_id for spans in runs.values() for trace_id in {span.trace_id for span in spans})
    for run_id, spans in runs.items():
        for span in spans:
            if runs_of_trace[span.trace_id] > 1:
                yield {"run_id": run_id, "trace_id": span.trace_id, "span_id": span.span_id}


def _table(connection: DuckDBPyConnection, name: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Builds rows for a table, with its columns and their types."""
    rows = list(rows)
    schema = connection.table(name).limit(0).to_arrow_table().schema
    return pa.table({field.name: column((row[field.name] for row in rows), field.type) for field in schema})
