"""Work was handed over without something the next agent needed."""

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
