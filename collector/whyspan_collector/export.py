"""Stored runs as files and back: OTLP requests that any receiver takes, or Parquet tables with what was sent in two columns."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError

from whyspan_collector import otlp
from whyspan_collector.portions import portions

Query = Callable[..., pa.Table]
"""`Store.query` or that of a remote one."""
_QUERIES: Final[dict[otlp.Signal, str]] = {"traces": "runs_spans_raw", "logs": "runs_logs"}
"""The query that reads the records of some runs, by signal."""
_TABLES: Final[dict[otlp.Signal, str]] = {"traces": "spans.parquet", "logs": "logs.parquet"}
_COLUMNS: Final[dict[otlp.Signal, str]] = {"traces": "start_ns", "logs": "time_ns"}
"""A column only this table has."""
_RECORDS_AT_ONCE: Final = 500
"""Rows of a table that become one request: a few MB."""


def write_otlp(query: Query, run_ids: list[str], folder: Path, number: int) -> None:
    """Writes the spans and log records of some runs, as they were sent, to `<number>-traces.pb` and `<number>-logs.pb`."""
    for signal, query_name in _QUERIES.items():
        table = query(query_name, run_ids=run_ids)
        if table.num_rows:
            request = _request(signal, table)
            (folder / f"{number:05}-{signal}.pb").write_bytes(request.SerializeToString())


def write_jsonl(query: Query, run_ids: list[str], folder: Path, number: int) -> None:
    """Writes the same as OTLP/JSON to `<number>-traces.jsonl` and `<number>-logs.jsonl`, one run a line."""
    for signal, query_name in _QUERIES.items():
        table = query(query_name, run_ids=run_ids)
        if table.num_rows:
            with (folder / f"{number:05}-{signal}.jsonl").open("wb") as file:
                for run_id in pc.unique(table["of_run"]):
                    rows = table.filter(pc.equal(table["of_run"], run_id))
                    file.write(otlp.to_json(signal, _request(signal, rows)) + b"\n")


def _request(signal: otlp.Signal, rows: pa.Table) -> Any:
    """The OTLP request that these records, rows with their bytes, would have come in."""
    shape = otlp.SHAPES[signal]
    request: Any = shape.request()
    for context, messages in _by_context(rows).items():
        group = getattr(request, shape.by_resource).add()
        group.ParseFromString(context)
        records = getattr(getattr(group, shape.by_scope)[0], shape.records)
        for message in messages:
            records.add().ParseFromString(message)
    return request


def _by_context(table: pa.Table) -> dict[bytes, list[bytes]]:
    """The records of each resource and scope, each record once: a log record may belong to several runs."""
    groups: dict[bytes, dict[bytes, None]] = {}
    for message, context in zip(table["message"].to_pylist(), table["context"].to_pylist(), strict=True):
        groups.setdefault(context, {})[message] = None
    return {context: list(messages) for context, messages in groups.items()}


def write_parquet(query: Query, runs: pa.Table, folder: Path, done: Callable[[int], None]) -> None:
    """Writes `runs.parquet`, and `spans.parquet` and `logs.parquet`, which have the run of each record in `run_id`.

    In `message` and `context` stands what was sent: the record, and its resource and scope, as protobuf.

    Args:
        query: that of the store.
        runs: rows of the query `runs`.
        folder: where to, existing.
        done: told how many runs are written so far.
    """
    pq.write_table(runs, folder / "runs.parquet", compression="zstd")
    writers: dict[otlp.Signal, pq.ParquetWriter] = {}
    written = 0
    try:
        for some in portions(runs.select(["run_id", "spans"]).to_pylist()):
            for signal, query_name in _QUERIES.items():
                table = query(query_name, run_ids=[run["run_id"] for run in some]).rename_columns({"of_run": "run_id"})
                if signal not in writers:
                    writers[signal] = pq.ParquetWriter(folder / _TABLES[signal], table.schema, compression="zstd")
                writers[signal].write_table(table)
            written += len(some)
            done(written)
    finally:
        for writer in writers.values():
            writer.close()


def read_parquet(path: Path) -> Iterator[otlp.Request]:
    """Makes OTLP requests of the spans or log records in a table that `write_parquet` wrote.

    Raises:
        ValueError: it is none, or broken.
        OSError: it cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            names: Iterable[str] = file.schema_arrow.names
            signal = next(
                (each for each, column in _COLUMNS.items() if {column, "message", "context"} <= {*names}), None
            )
            if signal is None:
                raise ValueError(
                    "a Parquet table without what was sent: spans.parquet and logs.parquet of an export have it"
                )
            for rows in file.iter_batches(_RECORDS_AT_ONCE, columns=["message", "context"]):
                body = _request(signal, pa.table(rows)).SerializeToString()
                yield otlp.Request(signal, "protobuf", body)
    except (pa.ArrowException, DecodeError, IndexError) as error:
        raise ValueError(f"the Parquet table is broken: {error}") from error
