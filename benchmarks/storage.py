"""What conversations take on disk when every call repeats them, beside the spans compressed as they come."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from benchmarks.sessions import FORMS, Message, session
from whyspan_collector import otlp
from whyspan_collector.records import Sent, Span
from whyspan_collector.store import FILE_NAME, Store

_TURNS = 500
_AT_ONCE, _SHORTER = 20, 150
_ROW = "{:20} {:>8} {:>10} {:>8} {:>8} {:>13}"


def run() -> None:
    """Stores one long session, and then several at once, in each form; prints two tables in MB of payload."""
    print(f"one session of {_TURNS} turns, a model call a turn, stored turn by turn")
    print(_ROW.format("form", "sent", "zstd rows", "ours", "ratio", "2nd/1st half"))
    for name, form in FORMS.items():
        _measure(name, [[span] for span in _spans(form, _TURNS, seed=7)])
    print(f"{_AT_ONCE} sessions of {_SHORTER} turns at the same time, stored {_AT_ONCE} spans by {_AT_ONCE}")
    print(_ROW.format("form", "sent", "zstd rows", "ours", "ratio", "2nd/1st half"))
    for name, form in FORMS.items():
        sessions = (_spans(form, _SHORTER, seed) for seed in range(_AT_ONCE))
        _measure(name, [list(turn) for turn in zip(*sessions, strict=True)])


def _spans(form: Callable[[list[Message]], list[KeyValue]], turns: int, seed: int) -> Iterator[Sent[Span]]:
    for body in session(form, turns, seed):
        yield from otlp.receive("traces", body, "protobuf").spans


def _measure(name: str, batches: list[list[Sent[Span]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        halves = []
        for half in (batches[: len(batches) // 2], batches[len(batches) // 2 :]):
            with closing(Store(Path(folder))) as store:
                for number, batch in enumerate(half, 1):
                    store.ingest(batch, [], number)
            halves.append(_payload(Path(folder) / FILE_NAME))
    messages = [span.message for batch in batches for span in batch]
    compressed = _as_rows(messages)
    sent = sum(map(len, messages))
    figures = [f"{size / 1e6:.2f}" for size in (sent, compressed, halves[1])]
    growth = (halves[1] - halves[0]) / halves[0]
    print(_ROW.format(name, *figures, f"{compressed / halves[1]:.1f}x", f"{growth:.2f}"), flush=True)


def _payload(path: Path) -> int:
    with duckdb.connect(path, read_only=True) as connection:
        ((size,),) = connection.execute("SELECT sum(octet_length(stored)) FROM packs").fetchall()
        return int(size)


def _as_rows(messages: list[bytes]) -> int:
    """The bytes of the blocks of a table with nothing but the spans, each whole in its row, compressed by DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute("CREATE TABLE spans (message BLOB USING COMPRESSION zstd)")
            connection.register("incoming", pa.table({"message": messages}))
            connection.execute("INSERT INTO spans SELECT * FROM incoming")
        return path.stat().st_size
