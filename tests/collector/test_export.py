"""Export: what comes out is what came in, and goes in again as the same runs."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recordings import FOLDERS, Sent, sent

from whyspan_collector import export, otlp
from whyspan_collector.portions import portions
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Every recording there is."""
    with closing(Store(tmp_path_factory.mktemp("store"))) as opened:
        take(opened, [request for name in FOLDERS for request in sent(name)])
        yield opened


def take(store: Store, requests: Iterable[otlp.Request | Sent]) -> None:
    """Store what is in requests, whole, in one commit."""
    batches = [otlp.decode(each.signal, each.body, each.encoding) for each in requests]
    assert not any(batch.rejected for batch in batches)
    store.ingest([s for each in batches for s in each.spans], [log for each in batches for log in each.logs], 1)


def everything(store: Store) -> dict[str, object]:
    """All that a store says about its runs, arrival apart."""
    runs = store.query("runs").to_pylist()
    ids = [run["run_id"] for run in runs]
    return {
        "runs": [{name: value for name, value in run.items() if name != "last_arrived_ns"} for run in runs],
        "spans": repr(spans_from_table(store.query("runs_spans_raw", run_ids=ids))),  # NaN equals nothing
        "logs": repr(logs_from_table(store.query("runs_logs", run_ids=ids))),
    }


def test_exported_runs_are_imported_as_the_same_runs(store: Store, tmp_path: Path) -> None:
    """All recordings, of every framework, in every form: same runs, revisions included, same spans, same log records."""
    for form, write in (("pb", export.write_otlp), ("jsonl", export.write_jsonl)):
        out = tmp_path / form
        out.mkdir()
        for number, some in enumerate(portions(store.query("runs").to_pylist()), 1):
            write(store.query, [run["run_id"] for run in some], out, number)
        found = [each for path in sorted(out.iterdir()) for each in otlp.requests(path.read_bytes(), 1 << 28)]
        assert imported(found, tmp_path / f"from-{form}") == everything(store)
    export.write_parquet(store.query, store.query("runs"), tmp_path, lambda _: None)
    found = [each for name in ("spans", "logs") for each in export.read_parquet(tmp_path / f"{name}.parquet")]
    assert imported(found, tmp_path / "from-parquet") == everything(store)


def imported(requests: Iterable[otlp.Request], folder: Path) -> dict[str, object]:
    """What a new store says that takes these requests."""
    with closing(Store(folder)) as other:
        take(other, requests)
        return everything(other)


def test_json_lines_are_runs(store: Store, tmp_path: Path) -> None:
    """Each line is OTLP/JSON with the spans of one run, ids in hexadecimal and numbers of 64 bits as text."""
    run = store.query("runs", filter="spans>5").to_pylist()[0]
    export.write_jsonl(store.query, [run["run_id"]], tmp_path, 1)
    (line,) = (tmp_path / "00001-traces.jsonl").read_text("utf-8").splitlines()
    spans = [
        each
        for group in json.loads(line)["resourceSpans"]
        for scoped in group["scopeSpans"]
        for each in scoped["spans"]
    ]
    assert len(spans) == run["spans"]
    assert {each["traceId"] for each in spans} == set(run["trace_ids"])
    assert all(isinstance(each["startTimeUnixNano"], str) and isinstance(each["kind"], int) for each in spans)


def test_a_table_that_is_none_of_ours_is_refused(store: Store, tmp_path: Path) -> None:
    """Other tables, the list of runs, cut files and rows that hold no OTLP are errors that say so."""
    export.write_parquet(store.query, store.query("runs"), tmp_path, lambda _: None)
    spans = tmp_path / "spans.parquet"
    (tmp_path / "cut.parquet").write_bytes(spans.read_bytes()[:2000])
    rows = pa.table({"start_ns": [1], "message": [b"\xff"], "context": [b""]})
    pq.write_table(rows, tmp_path / "wrong.parquet")
    for name, reason in (("runs", "without what was sent"), ("cut", "broken"), ("wrong", "broken")):
        with pytest.raises(ValueError, match=reason):
            list(export.read_parquet(tmp_path / f"{name}.parquet"))


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
