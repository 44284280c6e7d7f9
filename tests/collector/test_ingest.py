"""What was accepted becomes queryable: behind a store that refuses, beside a record that cannot be converted, after a crash."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from whyspan_collector import ingest as ingest_module
from whyspan_collector import otlp
from whyspan_collector.errors import StoreUnavailable
from whyspan_collector.ingest import Ingest
from whyspan_collector.journal import Journal, JournalFull
from whyspan_collector.records import Sent
from whyspan_collector.store import Store


def request(*names: str) -> bytes:
    """An OTLP/JSON request with one span per name, whose ids are made from it."""
    spans = ",".join(f'{{"traceId":"{name:a<32}","spanId":"{name:b<16}","name":"{name}"}}' for name in names)
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}'.encode()


@contextmanager
def ingesting(data: Path, store: Any, bound: int = 1 << 20) -> Iterator[Ingest]:
    """An ingest over a store, closed at the end."""
    ingest = Ingest(store, Journal(data / "journal", bound))
    try:
        yield ingest
    finally:
        ingest.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A real store."""
    store = Store(tmp_path)
    yield store
    store.close()


class FailingStore:
    """A store that raises what `failure` returns for a batch, and else collects the names of the spans it gets."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.failure: Any = lambda _: None
        self.called = threading.Event()

    def ingest(self, spans: list[Sent], logs: Any, arrived_ns: int) -> None:
        self.called.set()
        if error := self.failure([span.record.name for span in spans]):
            raise error
        self.names += [span.record.name for span in spans]

    def count(self, increments: Any) -> None:
        """Counting never fails here."""


def test_accepted_is_queryable_after_a_drain(tmp_path: Path, store: Store) -> None:
    """Once `drain` returns a query sees every record accepted before it, and the journal holds none of them."""
    with ingesting(tmp_path, store) as ingest:
        for name in ("a", "b", "c"):
            assert ingest.accept("traces", request(name), "json").accepted == 1
        assert ingest.drain(20)

        assert store.query("totals").to_pylist()[0]["spans"] == 3
        assert ingest.status()["journal"]["bytes"] == 0


def test_metrics_are_counted_and_not_kept(tmp_path: Path, store: Store, recorded: list[Any]) -> None:
    """A metrics request is accepted with its number of points and leaves nothing in the journal or the store."""
    metrics = next(sent for sent in recorded if sent.signal == "metrics")
    with ingesting(tmp_path, store) as ingest:
        accepted = ingest.accept("metrics", metrics.body, metrics.encoding)

        assert accepted.accepted > 0
        assert ingest.status()["accepted_points"] == accepted.accepted
        assert ingest.status()["journal"]["bytes"] == 0
    assert store.status()["counters"]["metric_points"] == accepted.accepted


def test_what_is_refused_is_not_in_the_journal(tmp_path: Path) -> None:
    """A body that is no request raises Malformed and leaves no trace on disk."""
    with ingesting(tmp_path, FailingStore()) as ingest, pytest.raises(otlp.Malformed):
        ingest.accept("traces", b"no request", "json")

    assert list((tmp_path / "journal").glob("*.segment")) == []


def test_a_store_that_refuses_delays_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk is full the trouble is in the status and requests are still accepted; afterwards all of it is stored."""
    monkeypatch.setattr(ingest_module, "_RETRY_SECONDS", 0.01)
    store = FailingStore()
    store.failure = lambda _: StoreUnavailable("no space left on device")
    with ingesting(tmp_path, store) as ingest:
        ingest.accept("traces", request("a"), "json")
        assert not ingest.drain(0.3)
        assert store.called.is_set()
        assert ingest.status()["trouble"] == "no space left on device"
        ingest.accept("traces", request("b"), "json")

        store.failure = lambda _: None

        assert ingest.drain(20)
        assert store.names == ["a", "b"]
        assert ingest.status()["trouble"] is None


def test_a_full_journal_refuses_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a store that is stuck the journal fills to its bound and refuses; it takes requests again when the store does."""
    monkeypatch.setattr(ingest_module, "_RETRY_SECONDS", 0.01)
    store = FailingStore()
    store.failure = lambda _: StoreUnavailable("stuck")
    with ingesting(tmp_path, store, bound=1000) as ingest:
        accepted = []
        with pytest.raises(JournalFull):
            accepted.extend(ingest.accept("traces", request(f"{number:x}"), "json") for number in range(1, 1000))
        store.failure = lambda _: None
        assert ingest.drain(20)

        assert ingest.accept("traces", request("fff"), "json").accepted == 1
        assert ingest.drain(20)
        assert store.names[-1] == "fff"


def test_a_record_that_cannot_be_converted_is_set_aside(tmp_path: Path) -> None:
    """When the store raises for one record, the others of its batch are stored and this one is a file `import` can read."""
    store = FailingStore()
    store.failure = lambda names: TypeError("nobody knows") if "bad" in names else None
    with ingesting(tmp_path, store) as ingest:
        for name in ("a", "bad", "c"):
            ingest.accept("traces", request(name), "json")
        assert ingest.drain(20)

        assert store.names == ["a", "c"]
        assert ingest.status()["journal"]["failed"] == 1
    kept = next((tmp_path / "journal" / "failed").glob("*.json"))
    assert [found.signal for found in otlp.requests(kept.read_bytes(), 10_000)] == ["traces"]
    assert "TypeError: nobody knows" in kept.with_suffix(".reason.txt").read_text()


def test_what_a_crash_left_is_stored_at_the_next_start(tmp_path: Path) -> None:
    """Requests in the journal are converted before the ingest counts as caught up, even what the store had already."""
    journal = Journal(tmp_path / "journal", 1 << 20)
    for name in ("a", "b"):
        journal.append("traces", "json", request(name), 1)

    store = FailingStore()
    with ingesting(tmp_path, store) as ingest:
        assert ingest.drain(20)
        assert ingest.caught_up

    assert store.names == ["a", "b"]


def test_what_does_not_fit_into_memory_comes_from_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the memory bound records are decoded again from the journal, with the same result."""
    monkeypatch.setattr(ingest_module, "_KEPT_BYTES", 200)
    store = FailingStore()
    with ingesting(tmp_path, store) as ingest:
        for name in ("a", "b", "c", "d"):
            ingest.accept("traces", request(name), "json")
        assert ingest.drain(20)

    assert store.names == ["a", "b", "c", "d"]


def test_a_closed_ingest_keeps_what_the_store_refused(tmp_path: Path) -> None:
    """Closing while the store refuses ends at once, and the next process finds what was accepted."""
    store = FailingStore()
    store.failure = lambda _: StoreUnavailable("stuck")
    with ingesting(tmp_path, store) as ingest:
        ingest.accept("traces", request("a"), "json")
        assert store.called.wait(10)
        ingest.close()

    store.failure = lambda _: None
    with ingesting(tmp_path, store) as again:
        assert again.drain(20)
    assert store.names == ["a"]
