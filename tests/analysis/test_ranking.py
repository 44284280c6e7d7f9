"""Which step decided the failure, how sure that is, and what speaks against it."""

from typing import Any

import pytest

from whyspan_analysis.model import Grade


def _failed(script: Any) -> Any:
    """A run that fails its own check after an invented order number and a retried look-up."""
    run = script("Cancel my order.", ["cancel", "lookup"])
    run.turn("lookup", {"name": "me"}, error="timed out")
    run.turn("lookup", {"name": "me"}, {"orders": 2})
    run.turn("cancel", {"order_id": "ORD-99812"}, {"done": True}, effect="irreversible")
    run.answer("Cancelled.")
    run.check(ok=False, check="the right order was cancelled")
    return run


def test_the_cause_comes_first_and_every_step_is_a_rival(script: Any) -> None:
    """The invented number is first; the other steps follow with reasons, none of them a cause."""
    first, *rivals = _failed(script).diagnose().hypotheses
    assert (first.tool, first.findings[0].detector) == ("cancel", "ungrounded_argument")
    assert rivals
    assert all("No detector found a cause here: ranked by its place in the run." in rival.against for rival in rivals)


def test_terms_say_what_they_are_for(script: Any) -> None:
    """The score of the first hypothesis unfolds into its prior and its findings."""
    reasons = [reason for reason, _ in _failed(script).diagnose().hypotheses[0].unfold]
    assert any(reason.startswith("one of ") for reason in reasons)
    assert any(reason.startswith("ungrounded_argument") for reason in reasons)
    assert any(reason.startswith("changes something outside the run") for reason in reasons)


def test_strong_needs_the_runs_own_word(script: Any) -> None:
    """The same finding is strong when a check failed, and less when the failure is only derived."""
    run = _failed(script)
    assert run.diagnose().grade is Grade.STRONG
    run.root.events.clear()
    assert run.diagnose().grade is Grade.NONE


def test_what_keeps_the_first_from_strong_is_said(script: Any) -> None:
    """A cause of a run that recorded no check of its own is likely, and a strong one has nothing against it."""
    assert _failed(script).diagnose().hypotheses[0].against == []
    run = script("Reserve copy 502.", ["reserve"])
    run.turn("reserve", {"copy": 502}, error="out of order")
    run.answer("")
    first = run.diagnose().hypotheses[0]
    assert first.grade is Grade.LIKELY
    assert first.against[0] == "The run itself does not say that it failed: `strong` needs a recorded check."


@pytest.mark.parametrize("damage", ["pending", "orphan"])
def test_incomplete_data_is_never_strong(script: Any, damage: str) -> None:
    """When spans never ended or parents never arrived, the cause may lie there, and that is said."""
    run = _failed(script)
    if damage == "pending":
        run.span("step", ended=False)
    else:
        run.spans[3].parent_span_id = "f" * 16
    diagnosis = run.diagnose()
    assert diagnosis.grade is not Grade.STRONG
    assert "Parts of the run never arrived; the cause may lie there." in diagnosis.hypotheses[0].against


def test_a_failure_without_findings_is_a_suspicion(script: Any) -> None:
    """Nothing was found: the verdict says so, and the grade is suspect."""
    run = script("Write a poem.", ["save"])
    run.turn("save", {"text": "roses"}, {"saved": True})
    run.answer("Saved.")
    run.check(ok=False, check="it rhymes")
    diagnosis = run.diagnose()
    assert diagnosis.grade is Grade.SUSPECT
    assert "No cause was found" in diagnosis.verdict
