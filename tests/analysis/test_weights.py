"""What a firing is worth on an agent's own runs: counted in the stored diagnoses, less where good runs fire too."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis.batch import diagnose_pending, diagnose_run
from whyspan_analysis.calibration import calibration
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.firing import measure
from whyspan_analysis.model import Status
from whyspan_analysis.weights import ENOUGH, Firing
from whyspan_collector.annotations import Annotation
from whyspan_collector.records import Span
from whyspan_collector.store import Store

USUAL = BY_NAME["ungrounded_argument"].bits


def firing(passing: int, passing_runs: int, failing: int = 4, failing_runs: int = 10) -> Firing:
    """The firing of one detector."""
    return Firing("ungrounded_argument", passing, passing_runs, failing, failing_runs)


def test_until_there_are_enough_passing_runs_a_finding_is_worth_what_it_usually_is() -> None:
    """Firing on every one of a few passing runs changes nothing."""
    assert firing(ENOUGH - 1, ENOUGH - 1).bits == USUAL


def test_the_oftener_a_detector_fires_on_passing_runs_the_less_it_is_worth() -> None:
    """Bits fall with the share of passing runs, never below 0 and never above the usual, and the counts are told."""
    worth = [firing(passing, 100, 100, 100).bits for passing in (0, 5, 20, 60, 99)]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] == USUAL
    assert 0.0 <= worth[-1] < USUAL
    assert "fires on 99 of 100 passing and 100 of 100 failing runs" in firing(99, 100, 100, 100).text


@pytest.mark.parametrize(
    ("measured", "is_muted"),
    [
        (firing(12, 40, 3, 10), True),
        (firing(12, 40, 4, 10), False),
        (firing(12, 40, 0, 2), False),  # too few failing runs
        (firing(2, 40, 0, 10), False),  # seen too seldom
        (firing(12, 20, 0, 10), False),  # too few passing runs
    ],
)
def test_a_detector_that_fires_as_often_on_passing_runs_is_muted(measured: Firing, *, is_muted: bool) -> None:
    """Only with enough of both; then it counts nothing and says why."""
    assert measured.is_muted == is_muted
    if is_muted:
        assert measured.bits == 0.0
        assert measured.text.endswith("so it is muted.")


def test_verdicts_called_wrong_take_bits_off() -> None:
    """From three on, by the odds of wrong to right; a detector people agree with keeps what it is worth."""
    judged = [replace(firing(0, 0), right=right, wrong=wrong) for right, wrong in ((0, 2), (9, 9), (0, 3), (1, 7))]
    assert [each.bits for each in judged] == [USUAL, USUAL, max(0.0, USUAL - 2), max(0.0, USUAL - 2)]
    assert "people called 1 of its 8 judged verdicts right" in judged[-1].text


def test_what_people_say_reaches_the_next_diagnosis(tmp_path: Path, script: Any) -> None:
    """The last word about each of three verdicts counts, and stands in the finding it makes weigh less."""
    with closing(Store(tmp_path)) as store:
        for number in range(1, 5):
            spans = [replace(span, trace_id=f"{number:032x}") for span in careless(script, ok=False)]
            store.ingest(spans, [], arrived_ns=1)
        diagnose_pending(store)
        rows = store.query("diagnoses").to_pylist()
        assert {row["detector"] for row in rows} == {"ungrounded_argument"}
        for at_ns, judgement in ((1, "right"), (2, "wrong")):
            for row in rows[:3]:
                store.annotate(Annotation(row["run_id"], at_ns, judgement=judgement))  # type: ignore[arg-type]

        [finding] = [each for each in diagnose_run(store, rows[3]["run_id"]).findings if each.bits is not None]
        assert finding.bits == max(0.0, USUAL - 2)
        assert finding.because is not None
        assert "people called 0 of its 3 judged verdicts right" in finding.because


def test_nearly_every_detector_has_a_rate_in_the_calibration() -> None:
    """`python -m benchmarks.faults.calibrate` was run since most detectors came; one without a rate counts as `USUAL_RATE`."""
    rates = calibration().passing_rates
    assert len(rates.keys() & BY_NAME.keys()) >= 0.8 * len(BY_NAME)
    assert all(0 < rate < 1 for rate in rates.values())


def careless(script: Any, *, ok: bool) -> list[Span]:
    """A run that books a room nobody named; whether that was right is another matter."""
    run = script("Book me a room.", ["book_room"])
    run.turn("book_room", {"room_id": "room-7731"}, {"status": "booked"}, effect="irreversible")
    run.answer("Your room is booked.")
    run.check(ok=ok)
    return list(run.spans)


@pytest.fixture
def store(tmp_path: Path, script: Any) -> Iterator[Store]:
    """A store of 40 runs in which one detector fires on all, passing and failing ones."""
    with closing(Store(tmp_path)) as opened:
        runs = [careless(script, ok=number >= 8) for number in range(40)]
        spans = [replace(span, trace_id=f"{number:032x}") for number, run in enumerate(runs, 1) for span in run]
        opened.ingest(spans, [], arrived_ns=1)
        yield opened


def test_a_detector_without_worth_mutes_itself_in_stored_diagnoses(store: Store) -> None:
    """Once the passing runs are known, failed ones are diagnosed anew: the finding stays, with its counts, and accuses nobody."""
    assert diagnose_pending(store) == 40
    rows = {row["run_id"]: row for row in store.query("diagnoses").to_pylist()}
    failed = [run_id for run_id, row in rows.items() if row["outcome"] == "failed"]
    assert len(failed) == 8
    for row in store.query("documents", run_ids=failed).to_pylist():
        document = json.loads(row["document"])
        [finding] = [each for each in document["findings"] if each["detector"] == "ungrounded_argument"]
        assert finding["bits"] == 0
        assert finding["because"].startswith("ungrounded_argument fires on 32 of 32 passing and 8 of 8 failing runs")
        assert all(not hypothesis["findings"] for hypothesis in document["hypotheses"])
        assert document["grade"] == "suspect"
    assert diagnose_pending(store) == 0


def test_the_order_of_arrival_does_not_matter(store: Store, script: Any) -> None:
    """A run that fails later gets the diagnosis the earlier ones have by then."""
    diagnose_pending(store)
    late = [replace(span, trace_id="f" * 32) for span in careless(script, ok=False)]
    store.ingest(late, [], arrived_ns=2)
    here = diagnose_run(store, "f" * 32)
    assert diagnose_pending(store) == 1
    [row] = store.query("documents", run_ids=["f" * 32]).to_pylist()
    assert [each["bits"] for each in json.loads(row["document"])["findings"]] == [each.bits for each in here.findings]
    assert here.outcome.status is Status.FAILED


def test_firing_is_counted_by_run_and_outcome(store: Store, script: Any) -> None:
    """A run counts once however often a detector fires on it; another agent's runs do not count."""
    diagnose_pending(store)
    [of_agent] = measure(store, ["agent", "nobody"]).values()
    assert of_agent["ungrounded_argument"] == Firing("ungrounded_argument", 32, 32, 8, 8)
    run = diagnose(script().run(), of_agent)
    assert run.findings == []
