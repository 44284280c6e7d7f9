"""Batch diagnosis: every settled run once, again when it changed, and no run at the cost of another."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from whyspan_analysis import portion
from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.case import Case
from whyspan_analysis.model import Diagnosis, Run
from whyspan_analysis.weights import Firing
from whyspan_collector import otlp
from whyspan_collector.client import RemoteStore
from whyspan_collector.service import running_collector
from whyspan_collector.store import Store

SAMPLES = Path(__file__).parents[2] / "sample_traces"
FAILED, HEALTHY = "openai-agents__openinference__hallucinated_tool", "pydantic-ai__native__handoff"


def requests(sample: str) -> list[otlp.Request]:
    """The requests of a sample recording."""
    bodies = [path.read_bytes() for path in sorted((SAMPLES / sample).glob("[0-9]*"))]
    return [request for body in bodies for request in otlp.requests(body, 1 << 26)]


def ingest(store: Store, sample: str, arrived_ns: int) -> None:
    """Stores a sample recording."""
    for sent in requests(sample):
        decoded = otlp.decode(sent.signal, sent.body, sent.encoding)
        store.ingest(decoded.spans, decoded.logs, arrived_ns)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with a failed run that arrived at 1 s of our clock and a healthy one that arrived at 5 s."""
    with closing(Store(tmp_path)) as opened:
        ingest(opened, FAILED, 1 * 10**9)
        ingest(opened, HEALTHY, 5 * 10**9)
        yield opened


def outcomes(store: Store) -> list[str | None]:
    """The outcomes of the runs, in the order they began."""
    return list(store.query("diagnoses")["outcome"].to_pylist())


def test_diagnoses_every_run_once(store: Store) -> None:
    """All runs get a diagnosis, progress is told portion by portion, and a second call finds nothing to do."""
    told: list[tuple[int, int]] = []

    assert diagnose_pending(store, progress=lambda done, total: told.append((done, total))) == 2
    assert told == [(2, 2)]
    assert sorted(map(str, outcomes(store))) == ["failed", "ok"]
    assert diagnose_pending(store) == 0


def test_leaves_runs_that_have_not_settled(store: Store) -> None:
    """A run of which something arrived lately waits for its turn."""
    assert diagnose_pending(store, settled_before_ns=3 * 10**9) == 1
    assert diagnose_pending(store, settled_before_ns=6 * 10**9) == 1


def test_a_late_span_makes_a_new_diagnosis(store: Store) -> None:
    """A run that changed is diagnosed again, the others are not."""
    diagnose_pending(store)
    (first,) = [sent for sent in requests(FAILED) if sent.signal == "traces"]
    spans = otlp.decode(first.signal, first.body, first.encoding).spans
    late = next(span for span in spans if span.parent_span_id)  # a second root would be a second run
    late.span_id = "00000000000000aa"

    store.ingest([late], [], 9 * 10**9)

    assert None in outcomes(store)
    assert diagnose_pending(store) == 1
    assert None not in outcomes(store)


def test_a_run_that_cannot_be_analysed_is_unknown_with_the_reason(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run the analysis fails on costs no other run its diagnosis, and says why it has none."""
    broken = store.query("diagnoses")["run_id"][0].as_py()

    def diagnose(run: Run, firing: Mapping[str, Firing], siblings: Sequence[Case]) -> Diagnosis:
        if run.run_id == broken:
            raise ZeroDivisionError("no steps to divide by")
        return real(run, firing, siblings)

    real = portion.diagnose
    monkeypatch.setattr(portion, "diagnose", diagnose)

    assert diagnose_pending(store) == 2
    row = store.query("diagnosis", run_id=broken).to_pylist()[0]
    assert (row["outcome"], row["grade"], row["verdict"]) == ("unknown", "none", None)
    assert "ZeroDivisionError: no steps to divide by" in row["outcome_check"]
    assert row["outcome_check"] in json.loads(row["document"])["missing"]
    assert sorted(map(str, outcomes(store))) in (["failed", "unknown"], ["ok", "unknown"])


def test_the_worker_diagnoses_what_a_collector_takes_and_stops_cleanly(tmp_path: Path) -> None:
    """Started before its collector, the worker waits for it, diagnoses settled runs, and ends with status 0 on SIGTERM."""
    environment = {**os.environ, "WHYSPAN_QUIET_SECONDS": "0"}
    module = [sys.executable, "-m"]
    data = ["--data", str(tmp_path)]
    ports = ["--port", "0", "--grpc-port", "0"]
    with (
        subprocess.Popen([*module, "whyspan_analysis.worker", *data], env=environment) as worker,
        subprocess.Popen([*module, "whyspan_collector.service", *data, *ports], env=environment) as collector,
    ):
        try:
            url = wait_for(lambda: running_collector(tmp_path))
            with closing(RemoteStore(str(url))) as store:
                for sent in requests(FAILED):
                    store.send(sent.signal, sent.body, sent.encoding)
                wait_for(lambda: store.query("diagnoses")["outcome"].to_pylist() == ["failed"])
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=30) == 0
        finally:
            worker.kill()
            collector.terminate()


def wait_for(what: object, seconds: float = 60.0) -> object:
    """Waits until `what()` is true and returns it."""
    deadline = time.monotonic() + seconds
    while not (found := what()):  # type: ignore[operator]
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.05)
    return found
