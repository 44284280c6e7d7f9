"""Removing whole runs: their rows in every table, and then every item of `packs` that nothing refers to any more."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.sql import named_tables, statements

_STEPS: Final = (
    "erase_marks_changed",
    "erase_spans",
    "erase_logs",
    "erase_split_spans",
    "erase_diagnoses",
    "erase_run_errors",
    "erase_pins",
    "erase_annotations",
    "erase_rule_checks",
    "erase_rule_violations",
    "erase_runs",
    "erase_joins",
    "erase_traces",
)


def erase(connection: DuckDBPyConnection, run_ids: Sequence[str]) -> list[str]:
    """Removes the rows of runs inside the caller's transaction; `runs` must be current.

    A log record that names no span of a trace with several runs belongs to all of them and goes with the last.

    Returns:
        the traces that lost something.
    """
    doomed = pa.table({"run_id": pa.array(run_ids, pa.string())})
    with named_tables(connection, doomed=doomed):
        traces = connection.sql(statements()["doomed_traces"]).to_arrow_table()
        with named_tables(connection, doomed_traces=traces):
            spans = connection.sql(statements()["doomed_spans"]).to_arrow_table()
            with named_tables(connection, doomed_spans=spans):
                for step in _STEPS:
                    connection.execute(statements()[step])
    return sorted({*traces["trace_id"].to_pylist(), *spans["trace_id"].to_pylist()})
