"""What was done is not what was decided."""

from typing import Any


def test_an_announced_tool_that_was_not_called_is_found(script: Any) -> None:
    """The reasoning says "I will use escalate" and the call is to refund."""
    run = script("She is angry.", ["refund", "escalate"])
    call = run.ask(("refund", {"order": 1}), thinks="This is above my limit, so I will use escalate.")
    run.execute({"ok": True})
    [finding] = run.findings("reasoning_mismatch")
    assert finding.span_id == call.span_id
    assert "escalate" in finding.refs[0].quote


def test_a_recorded_choice_that_was_not_carried_out_is_found(script: Any) -> None:
    """The agent recorded "escalate" among its options and executed another one."""
    run = script("She is angry.", ["refund", "escalate"])
    decision = run.decide("How do we go on?", "escalate", "refund", "escalate")
    run.ask(("refund", {"order": 1}), parent=decision)
    run.execute({"ok": True})
    [finding] = run.findings("reasoning_mismatch")
    assert finding.span_id == decision.span_id


def test_doing_what_was_said_is_fine(script: Any) -> None:
    """Naming other tools while calling the announced one is weighing, not a mismatch."""
    run = script("She is angry.", ["refund", "escalate"])
    run.ask(("refund", {"order": 1}), thinks="escalate would take days; I will use refund.")
    run.execute({"ok": True})
    assert not run.findings("reasoning_mismatch")
