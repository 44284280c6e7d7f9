"""The collector as a process: what it acknowledged is there, in any order, after any end, for whoever asks."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from whyspan_collector import otlp
from whyspan_collector.client import RemoteStore
from whyspan_collector.errors import QueryError, StoreBusy, StoreUnavailable
from whyspan_collector.ingest import Ingest
from whyspan_collector.journal import Journal
from whyspan_collector.service import open_store, running_collector
from whyspan_collector.store import Store

ARRIVALS = {"arrived_ns", "last_arrived_ns"}


def rows(store: Any) -> dict[str, list[dict[str, Any]]]:
    """Everything stored, by run, without when it arrived."""
    runs = store.query("runs").to_pylist()
    found = {"runs": runs}
    for run in runs:
        found[run["run_id"]] = [
            *store.query("run_spans_raw", run_id=run["run_id"]).to_pylist(),
            *store.query("run_logs", run_id=run["run_id"]).to_pylist(),
        ]
    return {
        name: [{key: value for key, value in row.items() if key not in ARRIVALS} for row in table]
        for name, table in found.items()
    }


def span_ids(sent: list[Any]) -> set[tuple[str, str]]:
    """The ids of all spans in these requests."""
    batches = [otlp.decode(request.signal, request.body, request.encoding) for request in sent]
    return {(span.trace_id, span.span_id) for batch in batches for span in batch.spans}


def post_all(collector: Any, sent: list[Any]) -> None:
    """Send requests one after the other; each must be taken whole."""
    for request in sent:
        answer = request.post(collector.http)
        assert (answer.status_code, otlp.read_answer(request.signal, request.encoding, answer.content)) == (
            200,
            (0, ""),
        )


def test_order_and_repetition_do_not_matter(
    start: Callable[..., Any], everything_recorded: list[Any], tmp_path: Path
) -> None:
    """All recordings in order over HTTP, and shuffled with half of them twice, give the same rows; requests that are missing are no error."""
    collector = start()
    post_all(collector, everything_recorded)
    collector.store.drain()
    in_order = rows(collector.store)
    assert sum(run["spans"] for run in in_order["runs"]) == len(span_ids(everything_recorded))

    chance = random.Random(5)
    shuffled = everything_recorded + chance.sample(everything_recorded, len(everything_recorded) // 2)
    chance.shuffle(shuffled)
    assert accepted_in_process(tmp_path / "shuffled", shuffled) == in_order
    without_first = accepted_in_process(tmp_path / "half", everything_recorded[1::2])
    assert sum(run["spans"] for run in without_first["runs"]) == len(span_ids(everything_recorded[1::2]))


def accepted_in_process(data: Path, sent: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """What is stored of these requests, converted in batches of nine: how they are batched must not matter either."""
    with closing(Store(data)) as store:
        with closing(Ingest(store, Journal(data / "journal", 1 << 30))) as ingest:
            for number, request in enumerate(sent):
                assert ingest.accept(request.signal, request.body, request.encoding).rejected == []
                if number % 9 == 8:
                    ingest.drain()
        return rows(store)


def test_a_kill_right_after_the_answer_loses_nothing(
    start: Callable[..., Any], recorded: list[Any], tmp_path: Path
) -> None:
    """SIGKILL at once after the last acknowledgement: the next process has every span, with or without a collector."""
    sent = [request for request in recorded if request.signal != "metrics"][::3]
    killed = start()
    post_all(killed, sent)
    killed.stop(signal.SIGKILL)

    copy = shutil.copytree(killed.data, tmp_path / "copy")
    with closing(open_store(copy)) as store:
        assert isinstance(store, Store)
        assert store.query("totals").to_pylist()[0]["spans"] == len(span_ids(sent))
    assert list((copy / "journal").glob("*.segment")) == []

    again = start(killed.data)
    again.store.drain()
    assert again.http.get("/api/ready").status_code == 200
    assert again.store.status()["spans"] == len(span_ids(sent))


def test_a_query_is_the_same_over_http_and_in_process(start: Callable[..., Any], recorded: list[Any]) -> None:
    """A running collector and, once it has stopped, the file itself give equal tables and equal errors."""
    collector = start()
    post_all(collector, recorded)
    with closing(open_store(collector.data)) as remote:
        assert isinstance(remote, RemoteStore)
        remote.drain()
        over_http = rows(remote), [remote.query(name) for name in ("totals", "coverage")], errors(remote)
    assert collector.stop() == 0

    with closing(open_store(collector.data)) as local:
        assert isinstance(local, Store)
        assert (rows(local), [local.query(name) for name in ("totals", "coverage")], errors(local)) == over_http


def errors(store: Any) -> list[str]:
    """What a store says to an unknown name and to wrong parameters."""
    messages = []
    for name, parameters in [
        ("nothing", {}),
        ("run", {}),
        ("run", {"run_id": "a", "other": 1}),
        ("runs", {"limit": "many"}),
    ]:
        with pytest.raises(QueryError) as raised:
            store.query(name, **parameters)
        messages.append(str(raised.value))
    return messages


def test_diagnoses_are_saved_over_http(collector: Any, recorded: list[Any]) -> None:
    """What a worker saves through the collector is what a reader gets from it."""
    post_all(collector, recorded[:3])
    collector.store.drain()
    run = collector.store.query("runs").to_pylist()[0]
    row = {
        "run_id": run["run_id"],
        "revision": run["revision"],
        "analysis_version": "1",
        "outcome": "failed",
        "outcome_check": "a check",
        "grade": "likely",
        "decisions": 3,
        "document": "{}",
    }

    collector.store.save_diagnoses(pa.Table.from_pylist([row]))

    saved = collector.store.query("diagnosis", run_id=run["run_id"]).to_pylist()[0]
    assert {key: saved[key] for key in row} == row


def test_the_api_answers_local_names_only(collector: Any) -> None:
    """A request whose Host is somebody's domain is refused, so no web page reads traces by DNS rebinding."""
    for host in ("127.0.0.1", "localhost:4318", "LOCALHOST", "[::1]:4318"):
        assert collector.http.get("/api/health", headers={"host": host}).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example:4318", "localhost.", ""):
        answer = collector.http.get("/api/health", headers={"host": host})
        assert answer.status_code == 403
        assert "local" in answer.json()["error"]


def test_the_api_says_what_was_wrong(collector: Any) -> None:
    """Unknown names are 404 with the names there are, wrong parameters 400 with the names expected, garbage 400."""
    http = collector.http
    unknown = http.post("/api/query/nothing", json={})
    assert unknown.status_code == 404
    assert "run_spans" in unknown.json()["error"]
    wrong = http.post("/api/query/run", json={"id": 1})
    assert wrong.status_code == 400
    assert "run_id" in wrong.json()["error"]
    assert http.post("/api/query/run", content=b"{").status_code == 400
    assert http.post("/api/query/run", json=[1]).status_code == 400
    assert http.post("/api/diagnoses", content=b"no arrow").status_code == 400


def test_one_data_folder_has_one_collector(collector: Any) -> None:
    """A second collector on the folder ends with status 2 and a message that says who has it."""
    arguments = ["--data", str(collector.data), "--port", "0", "--grpc-port", "0"]
    command = [sys.executable, "-m", "whyspan_collector.service", *arguments]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode == 2
    assert f"process {collector.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    assert running_collector(collector.data) == collector.url


def test_a_taken_port_is_told(collector: Any, refused: Callable[..., str], tmp_path: Path) -> None:
    """A second collector on the port ends with a message that names the address and says why."""
    taken = collector.url.rpartition(":")[2]
    said = refused("--data", tmp_path, "--port", taken, "--grpc-port", 0)

    assert f"127.0.0.1:{taken} cannot be used: Address already in use" in said


def test_open_store_sees_through_a_stale_announcement(tmp_path: Path) -> None:
    """A collector.json of a process that is gone, or that is no collector, does not keep anybody from the data."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        for announced in (json.dumps({"pid": ended.pid, "url": url}), "{", "[]", '{"pid": "x"}'):
            (tmp_path / "collector.json").write_text(announced)
            with closing(open_store(tmp_path)) as store:
                assert isinstance(store, Store)


def test_a_store_that_is_held_says_by_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a process that is no collector holds the file, the error names it and says what to do."""
    monkeypatch.setattr("whyspan_collector.service._STARTING_SECONDS", 0.0)
    code = f"import pathlib, whyspan_collector.store as s; store = s.Store(pathlib.Path({str(tmp_path)!r})); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusy, match=f"process {holder.pid}.*--data"):
            open_store(tmp_path)
        holder.communicate(b"\n")


def test_a_stopped_collector_leaves_a_clean_folder(start: Callable[..., Any], recorded: list[Any]) -> None:
    """SIGTERM, even twice, stores what was accepted, removes the announcement and exits with 0."""
    collector = start()
    post_all(collector, recorded[:5])
    os.kill(collector.process.pid, signal.SIGTERM)
    assert collector.stop() == 0

    assert not (collector.data / "collector.json").exists()
    assert Journal(collector.data / "journal", 1 << 30).leftover() == []
    with closing(Store(collector.data)) as store:
        assert store.query("totals").to_pylist()[0]["spans"] == len(span_ids(recorded[:5]))


def test_a_client_without_a_collector_says_so() -> None:
    """A collector that is gone is a StoreUnavailable with the URL and what starts one."""
    with (
        closing(RemoteStore("http://127.0.0.1:9")) as store,
        pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9 .*whyspan up"),
    ):
        store.query("totals")
