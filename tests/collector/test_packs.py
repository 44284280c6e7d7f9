"""What was sent comes back byte for byte, and a conversation is stored once however often it is sent."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import FOLDERS, sent

from benchmarks.sessions import FORMS, session
from whyspan_collector import otlp, packs
from whyspan_collector.migrate import migrate
from whyspan_collector.packs import Reader, Writer


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database with the schema."""
    with duckdb.connect() as connection:
        migrate(connection)
        yield connection


def stored_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    """The compressed size of all packs."""
    ((size,),) = connection.execute("SELECT coalesce(sum(octet_length(stored)), 0) FROM packs").fetchall()
    return int(size)


def records(bodies: Iterator[bytes]) -> list[bytes]:
    """The messages of the spans in requests."""
    return [span.message for body in bodies for span in otlp.receive("traces", body, "protobuf").spans]


def test_every_recorded_record_comes_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Spans, log records and contexts of every framework, written request by request, are read back byte for byte."""
    wanted: dict[int, bytes] = {}
    writer = Writer(connection)
    for name in FOLDERS:
        for request in sent(name):
            received = otlp.receive(request.signal, request.body, request.encoding)
            for record in (*received.spans, *received.logs):
                wanted[writer.add(record.message)] = record.message
                wanted[writer.add_once(record.context)] = record.context
            writer.write(connection)
    assert len(wanted) > 500
    assert Reader(connection).read(set(wanted)) == wanted


_REPEATED = st.sampled_from([b'{"role":"user","content":"' + bytes([65 + n]) * 400 + b'"}, ' for n in range(4)])
_RECORDS = st.lists(_REPEATED | st.binary(max_size=60), max_size=40).map(b"".join)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(_RECORDS, max_size=4), max_size=4))
def test_any_record_comes_back(batches: list[list[bytes]]) -> None:
    """Bytes of any kind, in batches, with a writer that had to start anew between them."""
    with duckdb.connect() as connection:
        migrate(connection)
        wanted = {}
        for batch in batches:
            writer = Writer(connection)
            wanted |= {writer.add(record): record for record in batch}
            writer.write(connection)
        assert Reader(connection).read(set(wanted)) == wanted


@pytest.mark.parametrize("form", FORMS)
def test_a_session_is_stored_in_proportion_to_what_is_said(form: str, connection: duckdb.DuckDBPyConnection) -> None:
    """The second half of a session takes about as much as the first, although three times as much was sent."""
    writer, sizes, sent_bytes = Writer(connection), [], 0
    wanted = {}
    for record in records(session(FORMS[form], 120)):
        number = writer.add(record)
        wanted[number] = record
        sent_bytes += len(record)
        writer.write(connection)
        sizes.append(stored_bytes(connection))
    first, second = sizes[59], sizes[119] - sizes[59]
    assert second < 1.5 * first
    assert sizes[-1] < sent_bytes / 40
    assert Reader(connection).read(set(wanted)) == wanted


def test_a_session_goes_on_where_it_was_after_a_restart(connection: duckdb.DuckDBPyConnection) -> None:
    """A writer that starts anew knows the newest pieces again, so a restart does not store the conversation twice."""
    spans = records(session(FORMS["request body"], 40))
    writer = Writer(connection)
    for span in spans[:-1]:
        writer.add(span)
    writer.write(connection)
    before = stored_bytes(connection)
    again = Writer(connection)
    again.add(spans[-1])
    again.write(connection)
    assert stored_bytes(connection) - before < len(spans[-1]) / 20


def test_what_is_forgotten_is_stored_again(connection: duckdb.DuckDBPyConnection, monkeypatch: Any) -> None:
    """The memory of pieces is bounded, and a piece that fell out of it costs space and nothing else."""
    monkeypatch.setattr(packs, "_REMEMBERED", 4)
    writer = Writer(connection)
    numbers = [writer.add_once(bytes([n]) * 300) for n in (*range(20), 0)]
    writer.write(connection)
    assert numbers[0] != numbers[-1]
    assert Reader(connection).read({numbers[0], numbers[-1]}) == dict.fromkeys((numbers[0], numbers[-1]), bytes(300))


def test_small_batches_share_packs(connection: duckdb.DuckDBPyConnection) -> None:
    """Spans that trickle in one by one do not each become a row, and are compressed with their neighbours."""
    writer = Writer(connection)
    for span in islice(records(session(FORMS["indexed keys"], 30)), 30):
        writer.add(span)
        writer.write(connection)
    ((rows,),) = connection.execute("SELECT count(*) FROM packs").fetchall()
    assert rows <= 4
