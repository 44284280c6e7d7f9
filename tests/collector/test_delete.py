"""Deleting runs, backups and restoring: what is gone is gone everywhere, what stays is unchanged."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from recordings import SAMPLES, records, sent

from whyspan.semconv import Kind
from whyspan_collector import sql
from whyspan_collector.errors import StoreError
from whyspan_collector.records import Log, Span
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.store import Store

T0 = 1_790_000_000 * 10**9


def text(seed: int, size: int) -> str:
    """Words that do not compress and that nothing else has."""
    return f"xylo{seed}phon " + Random(seed).randbytes(size).hex()


def run_of(number: int, said: str, parent: str | None = None) -> Span:
    """One span of a trace of its own that carries a text."""
    trace_id = f"{number:032x}"
    return Span(
        trace_id,
        f"{number:016x}",
        parent,
        "work",
        "internal",
        T0,
        T0 + 1,
        "ok",
        kind=Kind.AGENT,
        attributes={"input.value": said},
    )


def run_ids(store: Store) -> list[str]:
    """All runs, oldest first."""
    return sorted(store.query("runs")["run_id"].to_pylist())


def content(store: Store, run_id: str) -> list[Any]:
    """Everything a run says."""
    spans = spans_from_table(store.query("run_spans_raw", run_id=run_id))
    return [*spans, *logs_from_table(store.query("run_logs", run_id=run_id))]


def test_deleted_text_is_gone_and_the_space_comes_back(tmp_path: Path) -> None:
    """No file of the data folder has a word of a deleted run; shared texts stay; the file is as small as one that never had it."""
    shared = text(0, 4000)
    with closing(Store(tmp_path)) as store:
        store.ingest(
            [run_of(1, shared), replace(run_of(2, shared + text(2, 5_000_000)), error_message="xylo4phon broke")],
            [Log(f"{2:032x}", None, T0, None, None, "bye xylo3phon")],
            T0,
        )
        store.query("runs", filter="text:work")
        assert store.query("runs", filter="error:xylo4phon")["run_id"].to_pylist() == [f"{2:032x}"]
        assert store.path.stat().st_size + Path(f"{store.path}.wal").stat().st_size > 5_000_000
        kept = content(store, f"{1:032x}")
        assert store.delete([f"{2:032x}", "nosuch"]) == 1
        assert run_ids(store) == [f"{1:032x}"]
        assert content(store, f"{1:032x}") == kept
        assert store.query("totals").to_pylist()[0] | {"diagnoses": 0} == {
            "runs": 1,
            "spans": 1,
            "logs": 0,
            "diagnoses": 0,
        }
        assert store.path.stat().st_size < 3_000_000
        assert store.query("runs", filter="text:xylo2phon").num_rows == 0
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"xylo2phon" not in path.read_bytes(), path
        assert not path.is_file() or b"xylo3phon" not in path.read_bytes(), path
        assert not path.is_file() or b"xylo4phon" not in path.read_bytes(), path
    with closing(duckdb.connect(tmp_path / "whyspan.duckdb")) as raw:
        ((stored,),) = raw.execute("SELECT sum(octet_length(stored)) FROM packs").fetchall()
    assert stored < 50_000


def test_the_other_run_of_a_trace_stays(tmp_path: Path) -> None:
    """Where a trace holds two runs, one can be deleted; the other keeps its id's trace, its spans and its log records."""
    both = [replace(run_of(1, text(number, 50)), span_id=f"{number:016x}", agent="a") for number in (1, 2)]
    logs = [Log(f"{1:032x}", f"{number:016x}", T0, None, None, f"hello {number}") for number in (1, 2)]
    with closing(Store(tmp_path)) as store:
        store.ingest(both, logs, T0)
        first, second = run_ids(store)
        assert store.delete([first]) == 1
        (left,) = run_ids(store)
        spans = store.query("run_spans", run_id=left)["span_id"].to_pylist()
        assert spans == [second.partition("-")[2] or f"{2:016x}"]
        assert store.query("run_logs", run_id=left).num_rows == 1


def test_a_deleted_run_can_come_again(tmp_path: Path) -> None:
    """What is sent again after a deletion is stored like new, shared texts included."""
    spans, logs = records(SAMPLES[0])
    with closing(Store(tmp_path)) as store:
        store.ingest(spans, logs, T0)
        (run_id,) = run_ids(store)
        before = content(store, run_id)
        store.delete([run_id])
        assert run_ids(store) == []
        store.ingest(spans, logs, T0 + 1)
        assert content(store, run_id) == before


def test_reading_and_writing_go_on_while_runs_are_deleted(tmp_path: Path) -> None:
    """Queries and ingest beside deletions neither fail nor lose anything."""
    with closing(Store(tmp_path)) as store:
        store.ingest([run_of(number, text(number, 100)) for number in range(1, 11)], [], T0)
        done = threading.Event()
        counts: list[int] = []

        def read() -> None:
            while not done.is_set():
                counts.append(store.query("runs").num_rows)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for number in range(1, 4):
                store.delete([f"{number:032x}"])
                store.ingest([run_of(100 + number, text(number, 100))], [], T0 + number)
        finally:
            done.set()
            reader.join()
        assert store.query("runs").num_rows == 10
        assert counts
        assert set(counts) <= {9, 10}


def test_every_table_is_known_to_deletion() -> None:
    """A table that names runs, traces or spans is one that deletion clears."""
    with closing(duckdb.connect()) as database:
        for script in sql.migrations().values():
            database.execute(script)
        named = database.execute(
            "SELECT DISTINCT table_name FROM duckdb_columns() WHERE NOT internal AND column_name IN ('run_id', 'trace_id', 'node')"
        ).fetchall()
    assert {f"erase_{name}" for (name,) in named} <= sql.statements().keys()


def test_a_backup_restores_everything(tmp_path: Path) -> None:
    """A backup made while the store is open brings back what was there, text search included; what came later goes."""
    backup = tmp_path / "backup.duckdb"
    with closing(Store(tmp_path / "data")) as store:
        spans, logs = records(SAMPLES[0])
        store.ingest(spans, logs, T0)
        (run_id,) = run_ids(store)
        before = content(store, run_id)
        store.backup(backup)
        store.delete([run_id])
        store.ingest([run_of(5, "later")], [], T0)
        store.restore(backup)
        assert run_ids(store) == [run_id]
        assert content(store, run_id) == before
        assert store.query("runs", filter="text:later").num_rows == 0
        store.ingest([run_of(6, "goes on")], [], T0)
        assert store.query("runs").num_rows == 2


def newer(path: Path) -> None:
    """A database of a schema that is not invented yet."""
    with closing(duckdb.connect(path)) as database:
        database.execute("CREATE TABLE schema_version AS SELECT 999 AS version")


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"x" * 9000), newer])
def test_what_is_no_backup_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A file of something else, or of a newer version, changes nothing."""
    with closing(Store(tmp_path / "data")) as store:
        store.ingest([run_of(1, "kept")], [], T0)
        make(tmp_path / "file")
        with pytest.raises(StoreError, match=r"no backup|newer"):
            store.restore(tmp_path / "file")
        assert len(run_ids(store)) == 1


def test_an_older_database_is_backed_up_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade of the schema leaves a copy of what was there before."""
    with closing(Store(tmp_path)) as store:
        at = store.status()["schema_version"]
    newer_schema = sql.migrations() | {at + 1: "CREATE TABLE new_thing (a INTEGER)"}
    monkeypatch.setattr(sql, "migrations", lambda: newer_schema)
    with closing(Store(tmp_path)) as store:
        assert store.status()["schema_version"] == at + 1
    with closing(duckdb.connect(tmp_path / f"whyspan.schema-{at}.duckdb", read_only=True)) as kept:
        assert kept.execute("SELECT version FROM schema_version").fetchall() == [(at,)]


def test_a_collector_deletes_backs_up_and_restores(start: Callable[..., Any], tmp_path: Path) -> None:
    """Over HTTP the same, while requests come in; a form a web page could send is refused."""
    collector = start(WHYSPAN_QUIET_SECONDS="0")
    for name in SAMPLES[:2]:
        for request in sent(name):
            request.post(collector.http)
    collector.store.drain()
    before = run_ids(collector.store)
    collector.store.backup(tmp_path / "backup.duckdb")
    assert collector.http.post("/api/delete", content='{"run_ids": []}').status_code == 400
    assert collector.http.post("/api/pins", content='{"run_ids": [], "reason": "a"}').status_code == 400
    assert collector.http.post("/api/pins", json={"run_ids": ["a"]}).status_code == 400
    assert collector.http.post("/api/restore", content=b"x").status_code == 400
    assert collector.store.delete(before[:1]) == 1
    assert run_ids(collector.store) == before[1:]
    collector.store.restore(tmp_path / "backup.duckdb")
    assert run_ids(collector.store) == before
    (tmp_path / "bad").write_bytes(b"x" * 9000)
    with pytest.raises(StoreError, match="no backup"):
        collector.store.restore(tmp_path / "bad")
    assert not list((collector.data / "copies").iterdir())
