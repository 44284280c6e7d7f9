"""Export: what comes out is what came in, and goes in again as the same runs."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from recordings import FOLDERS, sent

from whyspan_collector import export, otlp
from whyspan_collector.portions import portions
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Every recording there is."""
    with closing(Store(tmp_path_factory.mktemp("store"))) as opened:
        for name in FOLDERS:
            for request in sent(name):
                batch = otlp.decode(request.signal, request.body, request.encoding)
                opened.ingest(batch.spans, batch.logs, 1)
        yield opened


def everything(store: Store) -> dict[str, object]:
    """All that a store says about its runs, arrival apart."""
    runs = store.query("runs").to_pylist()
    ids = [run["run_id"] for run in runs]
    return {
        "runs": [{name: value for name, value in run.items() if name != "last_arrived_ns"} for run in runs],
        "spans": repr(spans_from_table(store.query("runs_spans_raw", run_ids=ids))),  # NaN equals nothing
        "logs": repr(logs_from_table(store.query("runs_logs", run_ids=ids))),
    }


def test_exported_otlp_is_imported_as_the_same_runs(store: Store, tmp_path: Path) -> None:
    """All recordings, of every framework: same runs, revisions included, same spans, same log records."""
    out = tmp_path / "out"
    out.mkdir()
    for number, some in enumerate(portions(store.query("runs").to_pylist()), 1):
        export.write_otlp(store.query, [run["run_id"] for run in some], out, number)
    with closing(Store(tmp_path / "other")) as other:
        for path in sorted(out.iterdir()):
            for request in otlp.requests(path.read_bytes(), 1 << 28):
                assert request.signal in path.name
                batch = otlp.decode(request.signal, request.body, request.encoding)
                assert not batch.rejected
                other.ingest(batch.spans, batch.logs, 2)
        assert everything(other) == everything(store)


def test_parquet_has_every_run_and_span(store: Store, tmp_path: Path) -> None:
    """One row for each run and span with the canonical columns, each span with the run it belongs to."""
    runs = store.query("runs")
    progress: list[int] = []
    export.write_parquet(store.query, runs, tmp_path, progress.append)
    read = pq.read_table(tmp_path / "runs.parquet")
    spans = pq.read_table(tmp_path / "spans.parquet")
    assert read["run_id"].to_pylist() == runs["run_id"].to_pylist()
    assert progress[-1] == runs.num_rows
    counts = spans.group_by("run_id").aggregate([("span_id", "count")]).to_pylist()
    assert {row["run_id"]: row["span_id_count"] for row in counts} == {
        row["run_id"]: row["spans"] for row in runs.to_pylist()
    }
    assert {"kind", "agent", "tool", "input_tokens"} <= set(spans.column_names)
