"""A check that approves what its own reckoning contradicts."""

import json
from typing import Any


def _checked(script: Any, verdict: str, units: int) -> Any:
    run = script("Order for wh-101, and have it verified.", ["read"])
    run.answer("Over to the verifier.")
    outer = run.span("invoke_agent verifier", "invoke_agent", agent="verifier")
    told = {"role": "user", "parts": [{"type": "text", "content": json.dumps({"warehouse": "wh-101", "units": units})}]}
    said = {"role": "assistant", "parts": [{"type": "text", "content": f"{verdict}: 400 + 50 - 80 is 370."}]}
    messages = {"gen_ai.input.messages": json.dumps([told]), "gen_ai.output.messages": json.dumps([said])}
    call = run.span("chat model", "chat", parent=outer, agent="verifier", attributes=messages)
    run.answer("Done.")
    return run, call


def test_an_approval_against_its_own_formula_is_found(script: Any) -> None:
    """Handed 390, reckoned 370, accepted."""
    run, call = _checked(script, "accept", 390)
    [finding] = run.findings("waved_through")
    assert finding.span_id == call.span_id


def test_a_rejection_and_a_sound_approval_are_fine(script: Any) -> None:
    """What does not fit is rejected, what fits accepted."""
    assert not _checked(script, "reject", 390)[0].findings("waved_through")
    assert not _checked(script, "accept", 370)[0].findings("waved_through")
