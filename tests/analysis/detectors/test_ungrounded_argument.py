"""An argument came from nowhere."""

from typing import Any


def test_an_id_nobody_gave_is_found(script: Any) -> None:
    """The model made an order number up."""
    run = script("Cancel my order.", ["cancel"])
    call = run.ask(("cancel", {"order_id": "ORD-99812"}))
    run.execute(error="no such order")
    [finding] = run.findings("ungrounded_argument")
    assert finding.span_id == call.span_id
    assert finding.strength == 0.8


def test_a_misspelt_id_is_found_with_what_it_should_have_been(script: Any) -> None:
    """Two digits that changed places point to the id that was given."""
    run = script("Cancel order ORD-44187.", ["cancel"])
    run.turn("cancel", {"order_id": "ORD-44178"}, {"cancelled": "ORD-44178"})
    [finding] = run.findings("ungrounded_argument")
    assert finding.strength == 1.0
    assert "the nearest value seen is ORD-44187" in finding.message


def test_an_id_that_was_stated_before_it_was_seen_is_said_to_be(script: Any) -> None:
    """A result held the id by the time it was used: it appeared somewhere, and it is not the nearest value to itself."""
    run = script("Cancel my order.", ["lookup", "cancel"])
    guess = run.answer("It must be ORD-44187.")
    run.turn("lookup", {"of": "me"}, {"order_id": "ORD-44187"})
    run.turn("cancel", {"order_id": "ORD-44187"}, {"status": "done"})
    [finding] = run.findings("ungrounded_argument")
    assert finding.span_id == guess.span_id
    assert (
        finding.message
        == "`cancel` was called with order_id = ORD-44187, which was stated here before anything had shown it."
    )


def test_given_and_observed_arguments_are_grounded(script: Any) -> None:
    """An id from the task, one from a result, and settings the model may choose are all fine."""
    run = script("What about order 4417?", ["lookup", "search"])
    run.turn("lookup", {"order_id": 4417}, {"customer": "c-2041"})
    run.turn("search", {"customer": "C-2041", "limit": 250}, [])
    assert not run.findings("ungrounded_argument")


def test_a_value_the_tool_knew_weighs_little(script: Any) -> None:
    """Agents are given ids outside the trace; one that its tool confirms is hardly made up."""
    run = script("Who am I?", ["whoami"])
    run.turn("whoami", {"employee": "e-311"}, {"employee": "e-311", "name": "Jonas"})
    [finding] = run.findings("ungrounded_argument")
    assert finding.strength == 0.2


def test_a_date_that_was_searched_first_is_no_invention(script: Any) -> None:
    """A search may try the days around, and what it found can be booked."""
    run = script("Fly me to Oslo on 2026-05-22 or near it.", ["search", "book"])
    run.turn("search", {"date": "2026-05-23"}, [{"flight": "HAT271"}])
    run.turn("book", {"flight": "HAT271", "date": "2026-05-23"}, {"status": "booked"})
    assert not run.findings("ungrounded_argument")
