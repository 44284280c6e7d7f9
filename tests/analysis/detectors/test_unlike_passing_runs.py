"""A failed run beside passing runs of the same task: what only it has is evidence, what varies among those is none."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from whyspan_analysis.batch import diagnose_pending, diagnose_run
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.fields import read, text
from whyspan_analysis.load import load_run
from whyspan_analysis.model import Diagnosis, Finding
from whyspan_analysis.stored import stored_diagnosis
from whyspan_analysis.words import held_beside
from whyspan_collector.records import Span
from whyspan_collector.store import Store

TASK = "Refund the lamp of order o-4821."


def refund(
    script: Any,
    number: int,
    *,
    amount: float = 40.5,
    asks: bool = True,
    again: bool = False,
    ok: bool = True,
    task: str = TASK,
) -> Any:
    """One run of the task, with an id that is new in every run and, now and then, a hiccup of a read."""
    run = script(task, ["read_order", "ask_customer", "refund"])
    if again:
        run.ask(("read_order", {"order": "o-4821"}))
        run.execute(error="timed out")
    found = {"total": 81.0, "fee": 0.5, "request": f"req-{7000 + number}"}
    run.turn("read_order", {"order": "o-4821"}, found, effect="pure-read")
    if asks:
        run.turn("ask_customer", {"question": f"May I, for the {number}. time?"}, "yes", effect="external")
    run.turn("refund", {"order": "o-4821", "amount": amount}, {"status": "paid"}, effect="irreversible")
    run.answer(f"I paid {amount} back.")
    run.check(ok=ok)
    return run


def unlike(run: Any, passing: Sequence[Any]) -> list[Finding]:
    """What the detector finds in a failed run beside these."""
    beside = [build_case(replace(other.run(), run_id=f"{number:032x}")) for number, other in enumerate(passing, 1)]
    return [each for each in diagnose(run.run(), siblings=beside).findings if each.detector == "unlike_passing_runs"]


def test_what_no_passing_run_has_is_evidence(script: Any) -> None:
    """The amount is named with what the others have there, each with its run; ids and hiccups, which vary among them, are not."""
    passing = [refund(script, 1), refund(script, 2, again=True), refund(script, 3)]
    [finding] = unlike(refund(script, 9, amount=405.0, again=True, ok=False), passing)
    assert "called `refund` with amount “405.0”; the 3 passing runs of this task have “40.5” there" in finding.message
    assert [(each.run_id[-1], each.ref.quote) for each in finding.beside] == [
        ("1", "40.5"),
        ("2", "40.5"),
        ("3", "40.5"),
    ]


def test_what_all_passing_runs_did_and_this_one_left_out_is_evidence(script: Any) -> None:
    """The step taken instead is looked at, and nobody is accused of it."""
    passing = [refund(script, 1), refund(script, 2)]
    failed = refund(script, 9, asks=False, ok=False)
    [finding] = unlike(failed, passing)
    assert "called `ask_customer`" in finding.message
    assert finding.span_id == failed.run().spans[3].span_id
    assert finding.strength < 0.5


def test_beside_one_passing_run_or_where_they_differ_nothing_is_said(script: Any) -> None:
    """One run shows no noise; and where one of the passing runs has an amount of its own, another amount tells nothing."""
    failed = refund(script, 9, amount=405.0, ok=False)
    assert not failed.findings("unlike_passing_runs")
    assert not unlike(failed, [refund(script, 1)])
    found = unlike(failed, [refund(script, 1), refund(script, 2, amount=39.0)])
    assert not any("405" in each.message for each in found)


def stored(run: Any, number: int, agent: str = "agent") -> list[Span]:
    """The spans of a run under a trace id of its own."""
    return [
        replace(span, trace_id=f"{number:032x}", start_ns=span.start_ns + number, agent=agent) for span in run.spans
    ]


def test_the_store_finds_the_passing_runs_of_the_task(tmp_path: Path, script: Any) -> None:
    """A stored failed run is held beside those alone, its evidence can be read there, and a later one changes no diagnosis."""
    failed, other = f"{9:032x}", f"{4:032x}"
    with closing(Store(tmp_path)) as store:
        for number in (1, 2):
            store.ingest(stored(refund(script, number), number), [], arrived_ns=1)
        store.ingest(stored(refund(script, 3, task="Refund the chair."), 3), [], arrived_ns=1)
        store.ingest(stored(refund(script, 4, task="Refund the sofa.", ok=False), 4), [], arrived_ns=1)
        store.ingest(stored(refund(script, 9, amount=405.0, ok=False), 9), [], arrived_ns=1)
        diagnose_pending(store)

        diagnosis = stored_diagnosis(store, failed)
        assert diagnosis is not None
        assert sorted(diagnosis.siblings or ()) == [f"{1:032x}", f"{2:032x}"]
        assert "Held beside 2 passing runs" in held_beside(diagnosis.siblings or ())
        assert any(
            reason.startswith("unlike_passing_runs") and bits > 0 for reason, bits in diagnosis.hypotheses[0].unfold
        )
        assert told(store, diagnosis)
        assert diagnose_run(store, failed).hypotheses[0].unfold == diagnosis.hypotheses[0].unfold
        alone = stored_diagnosis(store, other)
        assert alone is not None
        assert alone.siblings == []

        store.ingest(stored(refund(script, 5), 5), [], arrived_ns=2)
        diagnose_pending(store)
        assert stored_diagnosis(store, failed) == diagnosis


def told(store: Store, diagnosis: Diagnosis) -> int:
    """How many pieces of evidence in other runs the chain gives; each is found where it says."""
    beside = [each for sentence in diagnosis.chain for each in sentence.beside]
    for each in beside:
        assert each.ref.field is not None
        assert (each.ref.quote or "-") in text(read(load_run(store, each.run_id), each.ref.span_id, each.ref.field))
    return len(beside)
