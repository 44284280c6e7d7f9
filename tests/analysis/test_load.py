"""Runs are assembled from whatever arrived, in whatever order."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import assemble, load_run
from whyspan_analysis.model import Diagnosis, Run
from whyspan_collector.records import Log, Span
from whyspan_collector.store import Store

Recording = tuple[list[Span], list[Log]]


def test_the_order_of_arrival_changes_nothing(recording: Recording) -> None:
    """Spans and logs in any order make the same run and the same diagnosis."""
    spans, logs = recording
    first = assemble("run", spans, logs)
    for seed in range(3):
        mixed, mixed_logs = spans[:], logs[:]
        random.Random(seed).shuffle(mixed)
        random.Random(seed).shuffle(mixed_logs)
        again = assemble("run", mixed, mixed_logs)
        assert again == first
        assert diagnose(again) == diagnose(first)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_half_a_run_is_diagnosed_and_says_what_is_missing(recording: Recording, data: st.DataObject) -> None:
    """Any subset of a recording's spans gives a diagnosis; where a parent is gone, it is said to be missing."""
    spans, logs = recording
    kept = data.draw(st.lists(st.sampled_from(spans), unique_by=lambda span: (span.trace_id, span.span_id)))
    run = assemble("run", kept, logs)
    diagnosis = diagnose(run)
    assert len(run.spans) == len(kept)
    assert bool(run.orphans) == any("never arrived" in note for note in diagnosis.missing)
    assert run.complete is not (bool(run.orphans) or any(span.end_ns == 0 for span in kept))


def test_a_cause_found_without_the_root_is_not_called_strong(recording: Recording) -> None:
    """A run whose root never arrived keeps its decisions, and no cause in it is graded strong."""
    spans, logs = recording
    without = [span for span in spans if span.parent_span_id is not None]
    if len({span.trace_id for span in spans}) == 1:
        assert diagnose(assemble("run", without, logs)).grade != "strong"


def test_cycles_of_parents_are_cut(script: Callable[..., object]) -> None:
    """Spans that are each other's parents, or their own, become a tree and are named as missing."""
    run = _assembled([_span(1, parent=3), _span(2, parent=1), _span(3, parent=2), _span(4, parent=4)])
    assert [span.span_id for span in run.children[None]] == [_id(1), _id(4)]
    assert "2 cycles of parent links cut at the earliest span" in run.missing
    assert {span.span_id for span in run.spans} == {_id(n) for n in (1, 2, 3, 4)}


def test_children_never_come_before_their_parent() -> None:
    """A child whose clock is behind its parent's comes after it; a start of 0 or of the far future counts as unknown."""
    run = _assembled([_span(1, start=5_000), _span(2, parent=1, start=0), _span(3, parent=2, start=2**64 - 1)])
    assert [span.span_id for span in run.spans] == [_id(1), _id(2), _id(3)]


@pytest.mark.parametrize("chained", [True, False])
def test_twenty_thousand_spans_are_no_trouble(*, chained: bool) -> None:
    """A chain, or a bush, of 20,000 spans is assembled and diagnosed without recursion."""
    spans = [_span(n, parent=(n - 1 if chained else 1) if n > 1 else None) for n in range(1, 20_001)]
    run = _assembled(spans)
    assert diagnose(run).outcome.status == "unknown"
    assert run.span(_id(20_000)) is run.spans[-1]


def test_a_run_without_spans_is_a_run(script: Callable[..., object]) -> None:
    """Nothing at all is assembled into an empty run whose outcome is unknown."""
    assert diagnose(_assembled([])).outcome.status == "unknown"


def test_what_the_store_gives_back_has_the_same_diagnosis(tmp_path: Path, recording: Recording) -> None:
    """A recording that went through the store is diagnosed as when it was read from its file."""
    spans, logs = recording
    store = Store(tmp_path)
    store.ingest(spans, logs, arrived_ns=time.time_ns())
    try:
        for row in store.query("runs").to_pylist():
            stored = load_run(store, row["run_id"])
            own = [span for span in spans if span.trace_id in stored.trace_ids]
            direct = assemble(stored.run_id, own, [log for log in logs if log.trace_id in stored.trace_ids])
            assert _told(diagnose(stored)) == _told(diagnose(direct))
    finally:
        store.close()


def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    """Asking for a run that is not stored is an error that names it."""
    store = Store(tmp_path)
    try:
        with pytest.raises(LookupError, match="no run 'nowhere'"):
            load_run(store, "nowhere")
    finally:
        store.close()


def _told(diagnosis: Diagnosis) -> list[object]:
    return [diagnosis.outcome, diagnosis.verdict, diagnosis.findings, diagnosis.chain, diagnosis.missing]


def _id(number: int) -> str:
    return f"{number:016x}"


def _span(number: int, *, parent: int | None = None, start: int | None = None) -> Span:
    return Span(
        trace_id="ab" * 16,
        span_id=_id(number),
        parent_span_id=_id(parent) if parent else None,
        name="step",
        otel_kind="internal",
        start_ns=1_790_000_000_000_000_000 + number if start is None else start,
        end_ns=1_790_000_000_000_500_000,
        status="unset",
    )


def _assembled(spans: list[Span]) -> Run:
    return assemble("run", spans, [])
