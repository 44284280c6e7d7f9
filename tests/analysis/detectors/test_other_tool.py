"""Another tool was called than was meant."""

from typing import Any


def _tool(name: str) -> dict[str, Any]:
    return {"name": name, "parameters": {"type": "object", "properties": {"order": {}, "amount": {}}}}


TOOLS = [_tool("pay_back"), _tool("give_voucher")]
ARGUMENTS = {"order": "o-4117", "amount": 40.5}


def test_a_tool_the_choice_was_against_is_found(script: Any) -> None:
    """Paying back was chosen, a voucher given."""
    run = script("Settle o-4117.", TOOLS)
    run.decide("How?", "pay_back", "pay_back", "give_voucher")
    call = run.ask(("give_voucher", ARGUMENTS))
    run.execute({"status": "done"})
    [finding] = run.findings("other_tool")
    assert finding.span_id == call.span_id


def test_the_tool_that_was_chosen_is_fine(script: Any) -> None:
    """And so is the other one where it was chosen, or nothing was."""
    for chosen, called in (("pay_back", "pay_back"), ("give_voucher", "give_voucher"), (None, "give_voucher")):
        run = script("Settle o-4117.", TOOLS)
        if chosen is not None:
            run.decide("How?", chosen, "pay_back", "give_voucher")
        run.turn(called, ARGUMENTS, {"status": "done"})
        assert not run.findings("other_tool")
