"""Retention: what goes, what stays, and when."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from whyspan_collector.records import Span
from whyspan_collector.retention import retire
from whyspan_collector.store import Store

DAY = 86_400 * 10**9
NOW = 20_000 * DAY


@pytest.fixture(scope="module")
def ten_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs 0 to 9: run n arrived n days ago, whatever its own clock says, and has a megabyte to say."""
    folder = tmp_path_factory.mktemp("ten-runs")
    with closing(Store(folder)) as opened:
        for number in range(10):
            said = Random(number).randbytes(1_000_000).hex()
            ids = f"{number + 1:032x}", f"{1:016x}"
            span = Span(*ids, None, "work", "internal", number, 0, "ok", attributes={"said": said})
            opened.ingest([span], [], NOW - number * DAY)
        opened.query("runs")
    return folder


@pytest.fixture
def store(ten_runs: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of the ten runs."""
    with closing(Store(Path(shutil.copytree(ten_runs, tmp_path / "data")))) as opened:
        yield opened


def ages(store: Store) -> list[int]:
    """How many days ago the runs that are left arrived."""
    return sorted(int(run_id, 16) - 1 for run_id in store.query("runs")["run_id"].to_pylist())


def test_old_runs_go_and_pinned_ones_stay(store: Store) -> None:
    """By the arrival of the last span; what is pinned is kept, and what went is counted."""
    assert store.pin([f"{9:032x}", "nosuch"], "an incident") == 1
    assert retire(store, NOW, keep_days=3.5, keep_bytes=0) == 5
    assert ages(store) == [0, 1, 2, 3, 8]
    assert store.status()["counters"]["retired_runs"] == 5


def test_a_pin_lasts_until_its_last_reason_is_gone(store: Store) -> None:
    """Pinning twice for one reason is once; each reason is taken away by itself, or all together."""
    old, older = f"{9:032x}", f"{10:032x}"
    assert (store.pin([old, older], "a"), store.pin([old], "a"), store.pin([old], "b")) == (2, 0, 1)
    assert [(row["run_id"], row["reasons"]) for row in store.query("pins").to_pylist()] == [
        (old, ["a", "b"]),
        (older, ["a"]),
    ]
    assert store.unpin([old], "a") == 1
    assert retire(store, NOW, keep_days=3.5, keep_bytes=0) == 4
    assert (store.unpin([old, older]), len(store.query("pins"))) == (2, 0)
    assert len(store.query("runs", filter="pinned:yes")) == 0


def test_a_pin_follows_its_run(store: Store) -> None:
    """When runs turn out to be one, or one to be two, what has the pinned trace is pinned; what is deleted is not."""
    ids = f"{9:032x}", f"{1:016x}"
    store.pin([ids[0]], "a")
    link = {"trace_id": ids[0], "span_id": ids[1], "attributes": {}}
    joining = Span(f"{5:032x}", "c" * 16, None, "work", "internal", 1, 2, "ok", links=[link])
    store.ingest([joining], [], NOW)
    assert store.query("runs", filter="pinned:yes")["run_id"].to_pylist() == [f"{5:032x}"]
    assert store.delete([f"{5:032x}"]) == 1
    assert len(store.query("pins")) == 0


def test_age_waits_until_a_day_is_worth_the_copy(store: Store) -> None:
    """A run that is a little too old waits for more: each deletion copies the database."""
    assert retire(store, NOW, keep_days=8.5, keep_bytes=0) == 0
    assert retire(store, NOW + DAY, keep_days=8.5, keep_bytes=0) == 2


def test_a_store_that_is_too_large_loses_its_oldest_runs(store: Store) -> None:
    """Only as many as it takes to come down to nine tenths of what is allowed."""
    status = store.status()
    size = status["file_bytes"] + status["wal_bytes"] + status["texts"]["file_bytes"]
    assert retire(store, NOW, keep_days=0, keep_bytes=size * 7 // 10) in (4, 5)
    assert ages(store)[0] == 0
    assert ages(store) == list(range(len(ages(store))))
    assert store.path.stat().st_size < size


def test_nothing_goes_within_the_bounds_or_without_any(store: Store) -> None:
    """The bounds are inclusive, and 0 switches each off."""
    assert retire(store, NOW, keep_days=9, keep_bytes=1 << 40) == 0
    assert retire(store, NOW + 1000 * DAY, keep_days=0, keep_bytes=0) == 0
