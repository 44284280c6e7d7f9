"""What a session takes on disk when every call repeats the conversation, beside the spans stored as they come."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from benchmarks.sessions import FORMS, Message, session
from whyspan_collector import otlp
from whyspan_collector.records import Sent, Span
from whyspan_collector.store import FILE_NAME, Store

TURNS = 500
_PLAIN = "CREATE TABLE spans (message BLOB USING COMPRESSION {})"
_ROW = "{:20} {:>8} {:>10} {:>10} {:>10} {:>8} {:>10}"


def run() -> None:
    """Stores a session in each form and prints a table."""
    print(f"a session of {TURNS} turns, one model call a turn; MB of the database file")
    print(_ROW.format("form", "sent", "as it comes", "with zstd", "ours", "ratio", "2nd/1st half"))
    for name, form in FORMS.items():
        _measure(name, form)


def _measure(name: str, form: Callable[[list[Message]], list[KeyValue]]) -> None:
    spans = [span for body in session(form, TURNS) for span in otlp.receive("traces", body, "protobuf").spans]
    with tempfile.TemporaryDirectory() as folder:
        plain, compressed = (_plain(Path(folder), spans, how) for how in ("uncompressed", "zstd"))
        halves = []
        for half in (spans[: TURNS // 2], spans[TURNS // 2 :]):
            with closing(Store(Path(folder))) as store:
                for number, span in enumerate(half, 1):
                    store.ingest([span], [], number)  # turn by turn, as an agent sends them
            halves.append((Path(folder) / FILE_NAME).stat().st_size)
    sent = sum(len(span.message) for span in spans)
    figures = [f"{size / 1e6:.1f}" for size in (sent, plain, compressed, halves[1])]
    second = (halves[1] - halves[0]) / halves[0]
    print(_ROW.format(name, *figures, f"{compressed / halves[1]:.0f}x", f"{second:.2f}"), flush=True)


def _plain(folder: Path, spans: list[Sent[Span]], compression: str) -> int:
    """The size of a database with nothing but the spans, each whole in its row."""
    path = folder / f"{compression}.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(_PLAIN.format(compression))
        connection.register("incoming", pa.table({"message": [span.message for span in spans]}))
        connection.execute("INSERT INTO spans SELECT * FROM incoming")
    return path.stat().st_size
