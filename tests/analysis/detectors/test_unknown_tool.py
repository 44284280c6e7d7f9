"""A tool that does not exist was called."""

from typing import Any


def test_a_tool_that_was_not_offered_is_found(script: Any) -> None:
    """The nearest offered tool is named."""
    run = script("Is she a gold customer?", ["lookup_order", "search_orders"])
    call = run.ask(("lookup_orders", {"id": 4417}))
    [finding] = run.findings("unknown_tool")
    assert (finding.span_id, finding.recovered) == (call.span_id, False)
    assert "the nearest is `lookup_order`" in finding.message


def test_a_model_that_was_corrected_recovered(script: Any) -> None:
    """After the slip an offered tool was called and the run answered."""
    run = script("Is she a gold customer?", ["lookup_order"])
    run.ask(("get_tier", {"id": 4417}))
    run.turn("lookup_order", {"id": 4417}, {"tier": "gold"})
    run.answer("Yes.")
    [finding] = run.findings("unknown_tool")
    assert finding.recovered


def test_nothing_is_said_when_the_offer_was_not_captured(script: Any) -> None:
    """Without the list of tools no tool is unknown."""
    run = script("Is she a gold customer?")
    run.ask(("get_tier", {"id": 4417}))
    assert not run.findings("unknown_tool")
