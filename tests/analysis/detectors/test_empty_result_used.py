"""A search came back empty, and was answered from all the same."""

from typing import Any


def test_particulars_after_an_empty_search_are_found(script: Any) -> None:
    """An answer with a number of days, after every search was empty, blames the answer and points to the search."""
    run = script("What is our refund policy?", ["search"])
    search = run.turn("search", {"query": "refunds"}, [])
    answer = run.answer("Refunds are possible within 30 days.")
    [finding] = run.findings("empty_result_used")
    assert (finding.span_id, finding.origin_span_id, finding.strength) == (answer.span_id, search.span_id, 1.0)


def test_saying_that_nothing_was_found_is_right(script: Any) -> None:
    """What the agent searched for may be named when it was not found."""
    run = script("Which orders does she have?", ["search"])
    run.turn("search", {"email": "a@example.com"}, [])
    run.answer("There are no orders for a@example.com.")
    assert not run.findings("empty_result_used")


def test_a_later_result_makes_up_for_an_empty_one(script: Any) -> None:
    """An empty search followed by one with hits is not answered from."""
    run = script("What is our refund policy?", ["search"])
    run.turn("search", {"query": "refunds"}, [])
    run.turn("search", {"query": "returns"}, [{"text": "30 days"}])
    run.answer("Refunds are possible within 30 days.")
    assert not run.findings("empty_result_used")
