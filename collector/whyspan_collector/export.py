"""Stored runs as files: OTLP requests that any receiver takes, or Parquet tables of the canonical columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from whyspan_collector import otlp
from whyspan_collector.portions import portions

Query = Callable[..., pa.Table]
"""`Store.query` or that of a remote one."""
_QUERIES: Final[dict[otlp.Signal, str]] = {"traces": "runs_spans_raw", "logs": "runs_logs"}
"""The query that reads the records of some runs, by signal."""


def write_otlp(query: Query, run_ids: list[str], folder: Path, number: int) -> None:
    """Writes the spans and log records of some runs, as they were sent, to `<number>-traces.pb` and `<number>-logs.pb`."""
    for signal, query_name in _QUERIES.items():
        table = query(query_name, run_ids=run_ids)
        if table.num_rows:
            (folder / f"{number:05}-{signal}.pb").write_bytes(_request(signal, table))


def _request(signal: otlp.Signal, rows: pa.Table) -> bytes:
    """The OTLP request that these records, rows with their bytes, would have come in."""
    shape = otlp.SHAPES[signal]
    request: Any = shape.request()
    for context, messages in _by_context(rows).items():
        group = getattr(request, shape.by_resource).add()
        group.ParseFromString(context)
        records = getattr(getattr(group, shape.by_scope)[0], shape.records)
        for message in messages:
            records.add().ParseFromString(message)
    return bytes(request.SerializeToString())


def _by_context(table: pa.Table) -> dict[bytes, list[bytes]]:
    """The records of each resource and scope, each record once: a log record may belong to several runs."""
    groups: dict[bytes, dict[bytes, None]] = {}
    for message, context in zip(table["message"].to_pylist(), table["context"].to_pylist(), strict=True):
        groups.setdefault(context, {})[message] = None
    return {context: list(messages) for context, messages in groups.items()}


def write_parquet(query: Query, runs: pa.Table, folder: Path, done: Callable[[int], None]) -> None:
    """Writes `runs.parquet` and `spans.parquet`, which has the run of each span in `run_id`.

    Args:
        query: that of the store.
        runs: rows of the query `runs`.
        folder: where to, existing.
        done: told how many runs are written so far.
    """
    pq.write_table(runs, folder / "runs.parquet", compression="zstd")
    writer: pq.ParquetWriter | None = None
    written = 0
    try:
        for some in portions(runs.select(["run_id", "spans"]).to_pylist()):
            table = query("runs_spans", run_ids=[run["run_id"] for run in some])
            writer = writer or pq.ParquetWriter(folder / "spans.parquet", table.schema, compression="zstd")
            writer.write_table(table)
            written += len(some)
            done(written)
    finally:
        if writer:
            writer.close()
