"""What the store knows of a run without what its spans carried, and the diagnosis the worker left there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import load_bodies, load_outline, load_run
from whyspan_analysis.output.diagnosis import diagnosis_document
from whyspan_analysis.stored import stored_diagnosis
from whyspan_collector.store import Store


@pytest.fixture(scope="module")
def store(sample_data: Path) -> Iterator[Store]:
    """The store of the samples."""
    with closing(Store(sample_data)) as store:
        yield store


@pytest.fixture(scope="module")
def run_ids(store: Store) -> list[str]:
    """Every sample run."""
    found: list[str] = store.query("runs")["run_id"].to_pylist()
    return found


def test_the_outline_of_a_run_is_the_run_without_contents(store: Store, run_ids: list[str]) -> None:
    """Order, tree, orphans and columns are those of the run read whole; what the spans carried is not there."""
    for run_id in run_ids:
        outline, run = load_outline(store, run_id), load_run(store, run_id)

        assert outline.order == run.order
        assert (outline.orphans, outline.complete, outline.trace_ids) == (run.orphans, run.complete, run.trace_ids)
        for parent, children in run.children.items():
            assert [span.span_id for span in outline.children[parent]] == [span.span_id for span in children]
        for narrow, whole in zip(outline.spans, run.spans, strict=True):
            assert (narrow.name, narrow.kind, narrow.input_tokens) == (whole.name, whole.kind, whole.input_tokens)
        assert not outline.contents
        assert not any(span.attributes for span in outline.spans)


def test_the_bodies_of_spans_are_those_of_the_run(store: Store, run_ids: list[str]) -> None:
    """A span read by itself says what it says in the run, its log records included; an unknown id is left out."""
    for run_id in run_ids:
        run = load_run(store, run_id)
        bodies = load_bodies(store, run_id, [*run.order, "feedfeedfeedfeed"])

        assert bodies.keys() == run.order.keys()
        for span_id, body in bodies.items():
            assert body.span == run.span(span_id)
            assert body.content == run.contents[span_id]
            assert body.logs == [log for log in run.logs if log.span_id == span_id]


def test_an_unknown_run_has_no_outline(store: Store) -> None:
    """The error says where to look."""
    with pytest.raises(LookupError, match="whyspan runs"):
        load_outline(store, "feedfeed")


def test_the_stored_diagnosis_says_what_the_worker_found(store: Store, run_ids: list[str]) -> None:
    """Reading it back loses nothing that `whyspan why` prints, nor which class of knowledge a decision's parts are of."""
    for run_id in run_ids:
        found, made = stored_diagnosis(store, run_id), diagnose_run(store, run_id)

        assert found is not None
        assert diagnosis_document(found) == diagnosis_document(made)
        assert [node.classes for node in found.decisions] == [node.classes for node in made.decisions]


def test_runs_of_other_tasks_change_nothing(store: Store, run_ids: list[str]) -> None:
    """A run that has none of its own task beside it is diagnosed as if it were alone in the store."""
    for run_id in run_ids:
        made = diagnose_run(store, run_id)
        if not made.siblings:
            alone = diagnose(load_run(store, run_id), siblings=[])
            assert diagnosis_document(made) == diagnosis_document(alone)


def test_a_diagnosis_of_another_state_is_none(store: Store) -> None:
    """A run that is not diagnosed, or not known, has no stored diagnosis."""
    assert stored_diagnosis(store, "feedfeed") is None
