"""Work was handed over without something the next agent needed."""

import json
from typing import Any


def _handed_over(script: Any, payload: dict[str, str]) -> Any:
    run = script("A cake without nuts for customer k-0732.", ["transfer_to_bakery"])
    run.ask(("transfer_to_bakery", payload))
    run.execute(None)
    run.check(ok=False, check="the cake is right", detail="the cake for k-0732 holds nuts")
    return run


def test_a_withheld_fact_of_the_failed_check_is_found(script: Any) -> None:
    """The payload does not speak of the nuts that the failed check speaks of."""
    run = _handed_over(script, {"product": "cake", "customer": "k-0732"})
    [finding] = run.findings("handoff_drops")
    assert finding.span_id == run.spans[1].span_id
    assert "“nut”" in finding.message


def test_a_complete_payload_drops_nothing(script: Any) -> None:
    """What is in the payload was passed on."""
    assert not _handed_over(script, {"product": "cake", "customer": "k-0732", "avoid": "nuts"}).findings(
        "handoff_drops"
    )


def test_a_receiver_that_was_told_otherwise_knows(script: Any) -> None:
    """A shared conversation tells the next agent what the payload does not."""
    run = _handed_over(script, {"product": "cake", "customer": "k-0732"})
    told = '[{"role": "user", "parts": [{"type": "text", "content": "remember: k-0732, no nuts"}]}]'
    run.span("chat", "chat", attributes={"gen_ai.input.messages": told}, agent="bakery")
    assert not run.findings("handoff_drops")


def _delegated(script: Any, *told: dict[str, Any], look_up: dict[str, str] | None = None) -> Any:
    run = script("Order for every warehouse.", ["read"])
    for passed in told:
        run.answer("Over to a worker.")
        outer = run.span("invoke_agent worker", "invoke_agent", agent="worker")
        heard = {"role": "user", "parts": [{"type": "text", "content": json.dumps(passed)}]}
        messages = {"gen_ai.input.messages": json.dumps([heard])}
        run.span("chat model", "chat", parent=outer, agent="worker", attributes=messages)
    if look_up is not None:
        attributes = {"gen_ai.tool.name": "read", "gen_ai.tool.call.arguments": json.dumps(look_up)}
        run.span("execute_tool read", "execute_tool", parent=outer, agent="worker", attributes=attributes)
    return run


def test_a_field_that_only_one_hand_off_lacks_is_found(script: Any) -> None:
    """The worker was told how much to keep in reserve every time but the last."""
    usual = [{"warehouse": f"wh-36{n}", "reserve": 40 + n} for n in range(3)]
    [finding] = _delegated(script, *usual, {"warehouse": "wh-369"}).findings("handoff_drops")
    assert "worker was not told reserve, as it was every other time" in finding.message
    assert not _delegated(script, *usual, {"warehouse": "wh-369", "reserve": 7}).findings("handoff_drops")


def test_a_guess_at_what_the_sender_had_passed_on_before_is_found(script: Any) -> None:
    """The second time the worker took another region than the sender had named."""
    told = {"region": "north", "item": "tents"}, {"item": "stoves"}
    [finding] = _delegated(script, *told, look_up={"region": "south"}).findings("handoff_drops")
    assert "worker took south for region" in finding.message
    assert not _delegated(script, *told, look_up={"region": "north"}).findings("handoff_drops")
