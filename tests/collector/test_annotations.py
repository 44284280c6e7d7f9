"""What people say about diagnoses: kept, found under the run's present id, given out, and gone with the run."""

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from recordings import SAMPLES, records, sent

from whyspan_collector.annotations import Annotation, read_annotation, write_annotations
from whyspan_collector.errors import QueryError
from whyspan_collector.store import Store

T0 = 1_790_000_000 * 10**9


def filled(folder: Path) -> tuple[Store, list[str]]:
    """A store with two runs, and their ids."""
    store = Store(folder)
    for name in SAMPLES[:2]:
        store.ingest(*records(name), T0)
    return store, store.query("runs")["run_id"].to_pylist()


def test_the_last_word_of_a_person_counts(tmp_path: Path) -> None:
    """All that was said is kept, newest first; of each person the last is marked."""
    store, (run_id, other) = filled(tmp_path)
    with closing(store):
        store.annotate(Annotation(run_id, 1, "ann", "wrong", "00000000000000ab", "it was the search"))
        store.annotate(Annotation(run_id, 2, "bob", "right"))
        store.annotate(Annotation(run_id, 3, "ann", "right"))
        store.annotate(Annotation(other, 4))

        said = store.query("annotations", run_id=run_id).to_pylist()
        assert [(each["person"], each["judgement"], each["last"]) for each in said] == [
            ("ann", "right", True),
            ("bob", "right", True),
            ("ann", "wrong", False),
        ]
        assert (said[2]["span_id"], said[2]["note"]) == ("00000000000000ab", "it was the search")
        assert store.query("annotations").num_rows == 4


def test_what_was_judged_is_kept_with_the_judgement(tmp_path: Path, sample_data: Path) -> None:
    """A diagnosis made anew does not change what a person said of the one before."""
    with closing(Store(sample_data)) as samples:
        copy = tmp_path / "copy.duckdb"
        samples.backup(copy)
    with closing(Store(tmp_path / "data")) as store:
        store.restore(copy)
        failed = store.query("runs", filter="status:failed").to_pylist()[0]
        store.annotate(Annotation(failed["run_id"], 1, judgement="right"))

        (said,) = store.query("annotations").to_pylist()
        for name in ("outcome", "grade", "detector", "decisive_span_id", "analysis_version"):
            assert said[name] == failed[name]
        assert said["score"] is not None


def test_a_run_that_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    """Neither a run that never was, nor with words that make no sense."""
    store, _ = filled(tmp_path)
    with closing(store), pytest.raises(QueryError, match="no run 'feedfeed'"):
        store.annotate(Annotation("feedfeed", 1))


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"run_id": "x"},
        {"run_id": "x", "at_ns": -1},
        {"run_id": "x", "at_ns": 1, "judgement": "perhaps"},
        {"run_id": "x", "at_ns": 1, "span_id": "../.."},
        {"run_id": "x", "at_ns": 1, "note": "x" * 10_001},
        {"run_id": "x", "at_ns": 1, "colour": "red"},
    ],
)
def test_nonsense_is_refused(document: Any) -> None:
    """What comes over HTTP is checked, and the error says what it should be."""
    with pytest.raises(QueryError):
        read_annotation(document)


def test_annotations_go_with_their_run_and_come_with_an_export(tmp_path: Path) -> None:
    """An export has what was said of its runs; a deleted run leaves none of it, not even under an id it had before."""
    store, (run_id, other) = filled(tmp_path / "data")
    with closing(store):
        for number, each in enumerate((run_id, other)):
            store.annotate(Annotation(each, number, note=f"about {each}"))
        path = tmp_path / "annotations.jsonl"
        write_annotations(store.query, {run_id}, path)
        assert [json.loads(line)["note"] for line in path.read_text().splitlines()] == [f"about {run_id}"]

        store.delete([run_id])
        assert [each["run_id"] for each in store.query("annotations").to_pylist()] == [other]
        write_annotations(store.query, {run_id}, tmp_path / "none.jsonl")
        assert not (tmp_path / "none.jsonl").exists()


def test_a_running_collector_takes_them(collector: Any) -> None:
    """Over HTTP the same happens as in the file, and an unknown run is an error with a reason."""
    for request in sent(SAMPLES[0]):
        request.post(collector.http)
    collector.store.drain()
    trace_id = records(SAMPLES[0])[0][0].trace_id
    (run_id,) = collector.store.query("resolve_run", reference=trace_id)["run_id"].to_pylist()
    annotation = Annotation(run_id, 1, "ann", "right")

    collector.store.annotate(annotation)

    (said,) = collector.store.query("annotations", run_id=run_id).to_pylist()
    assert {name: said[name] for name in asdict(annotation)} == asdict(annotation)
    with pytest.raises(QueryError, match="no run"):
        collector.store.annotate(Annotation("feedfeed", 1))
