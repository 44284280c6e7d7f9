"""Opening, closing, crashing: what a data folder survives, and what the store says when it cannot be used."""

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from recordings import sent

from whyspan_collector import otlp, sql
from whyspan_collector.errors import SchemaTooNew, StoreBusy, StoreError, StoreUnavailable
from whyspan_collector.records import Span
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.store import FILE_NAME, Store

T0 = 1_790_000_000 * 10**9

_OTHER_PROCESS = f"""
import sys, time
from pathlib import Path
from whyspan_collector.records import Span
from whyspan_collector.store import Store

store = Store(Path(sys.argv[1]))
spans = [Span(f"{{n:032x}}", f"{{n:016x}}", None, "serve", "internal", {T0}, {T0 + 1}, "ok") for n in range(1, 101)]
store.ingest(spans, [], {T0})
print("stored", flush=True)
time.sleep(60)
"""


def span(number: int) -> Span:
    """A span that is a trace of its own."""
    return Span(f"{number:032x}", f"{number:016x}", None, "serve", "internal", T0 + number, T0 + number + 1, "ok")


@contextmanager
def other_process(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has stored 100 traces, of which `runs` knows nothing yet, and holds the file."""
    command = [sys.executable, "-c", _OTHER_PROCESS, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "stored\n"
            yield process
        finally:
            process.kill()


def test_a_folder_is_made_and_its_data_found_again(tmp_path: Path) -> None:
    """The folder need not exist; closing and opening keeps everything, runs included."""
    data_dir = tmp_path / "some" / "where"
    with closing(Store(data_dir)) as store:
        store.ingest([span(1)], [], T0)
    with closing(Store(data_dir)) as store:
        assert store.query("runs")["run_id"].to_pylist() == [span(1).trace_id]
        status = store.status()
    assert (status["runs"], status["spans"], status["logs"]) == (1, 1, 0)
    assert status["path"] == str(data_dir / FILE_NAME)
    assert status["schema_version"] == max(sql.migrations())
    assert status["file_bytes"] > 0


def test_the_holder_of_the_file_is_named_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    """While another process holds the file its pid is in the message; after kill -9 all it had stored is found."""
    with other_process(tmp_path) as process:
        with pytest.raises(StoreBusy, match=f"process {process.pid}") as busy:
            Store(tmp_path)
        assert busy.value.pid == process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with closing(Store(tmp_path)) as store:
            assert len(store.query("runs")) == 100


def test_data_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """An older Whyspan says which version wrote the data, and changes nothing."""
    Store(tmp_path).close()
    with duckdb.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("UPDATE schema_version SET version = 999")
    with pytest.raises(SchemaTooNew, match=r"its schema is 999.*Upgrade"):
        Store(tmp_path)
    with duckdb.connect(tmp_path / FILE_NAME) as connection:
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(999,)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("ALTER TABLE runs DROP COLUMN tags", r"lacks runs\.tags: .* never released"),
        ("DROP TABLE run_errors", r"lacks run_errors\.run_id, run_errors\.said"),
        ("DROP TABLE schema_version", r"not one of Whyspan's"),
        ("DELETE FROM schema_version", r"not one of Whyspan's"),
        ("UPDATE schema_version SET version = 0", r"could not be brought to schema 1"),
    ],
)
def test_a_schema_nobody_knows_is_said(tmp_path: Path, change: str, reason: str) -> None:
    """What a version under development, or something else, left in the folder is refused with what to do, and not changed."""
    Store(tmp_path).close()
    with duckdb.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(change)
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StoreError, match=reason):
        Store(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_migrations_are_applied_once_each_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version adds to what is there; a script that fails leaves the database at the version before."""
    with closing(Store(tmp_path)) as store:
        store.ingest([span(1)], [], T0)
    known = sql.migrations()
    adding, last = max(known) + 1, max(known) + 2
    later = {**known, adding: "ALTER TABLE spans ADD COLUMN colour VARCHAR"}
    failing = "ALTER TABLE spans DROP COLUMN colour; SELECT nonsense"
    monkeypatch.setattr(sql, "migrations", lambda: {**later, last: failing})
    with pytest.raises(StoreError, match=f"to schema {last} and was left.*nonsense"):
        Store(tmp_path)
    monkeypatch.setattr(sql, "migrations", lambda: {**later, last: "SELECT 1"})
    with closing(Store(tmp_path)) as store:
        assert store.status()["schema_version"] == last
        assert store.query("run_spans", run_id=span(1).trace_id)["colour"].to_pylist() == [None]


def test_data_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """A database that schema 1 made has everything it had, takes new spans, and is kept beside it as it was."""
    (tmp_path / FILE_NAME).write_bytes(gzip.decompress((Path(__file__).parent / "schema_1.duckdb.gz").read_bytes()))
    with closing(Store(tmp_path / "new")) as fresh:
        for name in ("langgraph__langfuse__handoff", "openai__otel-openai-v2__bad_args_404-logs-metrics"):
            for request in sent(name):
                batch = otlp.decode(request.signal, request.body, request.encoding)
                fresh.ingest(batch.spans, batch.logs, T0)
        expected = everything(fresh)
    with closing(Store(tmp_path)) as store:
        assert store.status()["schema_version"] == max(sql.migrations())
        assert store.query("runs")["tags"].to_pylist() == [
            [],
            [],
        ]  # what the first version did not know is not invented
        assert store.query("runs")["outcome"].null_count == 0
        assert everything(store) == expected
        assert len(store.query("runs", filter="error:must")) == len(store.query("runs", filter="errors>0")) == 1
        store.ingest([replace(span(1), tags=["beta"])], [], T0)
        assert len(store.query("runs", filter="tag:beta")) == 1
        assert len(store.query("runs", filter="-tag:beta")) == 2
    with duckdb.connect(tmp_path / "whyspan.schema-1.duckdb") as kept:
        assert kept.execute("SELECT version FROM schema_version").fetchall() == [(1,)]


def everything(store: Store) -> list[str]:
    """Revisions, spans and log records of all runs, but for what only newer versions know."""
    runs = store.query("runs").select(["run_id", "revision", "spans", "logs", "name", "cost"]).to_pylist()
    ids = [run["run_id"] for run in runs]
    spans = [replace(each, tags=None) for each in spans_from_table(store.query("runs_spans_raw", run_ids=ids))]
    return [*map(repr, runs), *map(repr, spans), *map(repr, logs_from_table(store.query("runs_logs", run_ids=ids)))]


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path) -> None:
    """Somebody else's file is neither overwritten nor a stack trace."""
    (tmp_path / FILE_NAME).write_bytes(b"not ours" * 1000)
    with pytest.raises(StoreError, match=f"{FILE_NAME} cannot be opened") as error:
        Store(tmp_path)
    assert not isinstance(error.value, StoreBusy)
    assert (tmp_path / FILE_NAME).read_bytes() == b"not ours" * 1000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is said to be the trouble."""
    (tmp_path / "data").touch()
    with pytest.raises(StoreError, match="data cannot be used"):
        Store(tmp_path / "data")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """A thread that is late gets an error it can wait on or report, not one of the database's."""
    store = Store(tmp_path)
    store.close()
    with pytest.raises(StoreUnavailable):
        store.query("totals")
    with pytest.raises(StoreUnavailable):
        store.ingest([span(1)], [], T0)
    store.close()


def test_readers_work_beside_the_writer(tmp_path: Path) -> None:
    """Threads that read while others write see whole batches, and all of it in the end."""
    with closing(Store(tmp_path)) as store, ThreadPoolExecutor(6) as threads:
        writes = [
            threads.submit(store.ingest, [span(10 * batch + number) for number in range(10)], [], T0 + batch)
            for batch in range(10)
        ]
        reads = [threads.submit(store.query, name) for name in ("runs", "totals") * 10]
        assert sum(write.result().new_spans for write in writes) == 100
        assert all(len(read.result()) % 10 == 0 or "spans" in read.result().column_names for read in reads)
        assert len(store.query("runs")) == 100


def test_no_statement_reaches_another_file(tmp_path: Path) -> None:
    """Should a statement ever be smuggled in, it can neither read nor write outside the database."""
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with closing(Store(tmp_path / "data")) as store:
        reader = store._connection.cursor()
        for statement in (
            f"SELECT * FROM '{tmp_path}/secret.csv'",
            f"COPY spans TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/other.duckdb'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                reader.execute(statement)
        reader.close()
