"""Stored runs as files: OTLP requests that any receiver takes, or Parquet tables of the canonical columns."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Query = Callable[..., pa.Table]
"""`Store.query` or that of a remote one."""
_SPANS_AT_ONCE: Final = 5_000
"""Spans read together and written to one file of OTLP: about 20 MB."""


def portions(runs: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    """Yields the ids of runs that are read together, of rows of the query `runs`."""
    portion: list[str] = []
    spans = 0
    for run in runs:
        if portion and spans + run["spans"] > _SPANS_AT_ONCE:
            yield portion
            portion, spans = [], 0
        portion.append(run["run_id"])
        spans += run["spans"]
    if portion:
        yield portion


def write_otlp(query: Query, run_ids: list[str], folder: Path, number: int) -> None:
    """Writes the spans and log records of some runs, as they were sent, to `<number>-traces.pb` and `<number>-logs.pb`."""
    for signal, table, request in (
        ("traces", query("runs_spans_raw", run_ids=run_ids), traces_request),
        ("logs", query("runs_logs", run_ids=run_ids), logs_request),
    ):
        if table.num_rows:
            (folder / f"{number:05}-{signal}.pb").write_bytes(request(table))


def traces_request(spans: pa.Table) -> bytes:
    """The OTLP request that rows of `spans`, with their bytes, would have come in."""
    request = ExportTraceServiceRequest()
    for context, messages in _by_context(spans).items():
        group = request.resource_spans.add()
        group.ParseFromString(context)
        for message in messages:
            group.scope_spans[0].spans.add().ParseFromString(message)
    return request.SerializeToString()


def logs_request(logs: pa.Table) -> bytes:
    """Likewise of rows of `logs`."""
    request = ExportLogsServiceRequest()
    for context, messages in _by_context(logs).items():
        group = request.resource_logs.add()
        group.ParseFromString(context)
        for message in messages:
            group.scope_logs[0].log_records.add().ParseFromString(message)
    return request.SerializeToString()


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
        for run_ids in portions(runs.select(["run_id", "spans"]).to_pylist()):
            table = query("runs_spans", run_ids=run_ids)
            writer = writer or pq.ParquetWriter(folder / "spans.parquet", table.schema, compression="zstd")
            writer.write_table(table)
            written += len(run_ids)
            done(written)
    finally:
        if writer:
            writer.close()
