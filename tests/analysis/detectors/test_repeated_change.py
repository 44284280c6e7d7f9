"""A change was made twice."""

from typing import Any


def test_the_second_of_two_equal_changes_is_found(script: Any) -> None:
    """Paying back twice blames the second time."""
    run = script("Refund order 4417.", ["refund"])
    run.turn("refund", {"order": 4417, "amount": 40.5}, {"status": "done"})
    again = run.ask(("refund", {"order": 4417, "amount": 40.5}))
    run.execute({"status": "done"})
    [finding] = run.findings("repeated_change")
    assert finding.span_id == again.span_id


def test_a_retry_after_an_error_is_no_repetition(script: Any) -> None:
    """The first did not come about."""
    run = script("Refund order 4417.", ["refund"])
    run.turn("refund", {"order": 4417}, error="timeout")
    run.turn("refund", {"order": 4417}, {"status": "done"})
    assert not run.findings("repeated_change")


def test_looking_twice_changes_nothing(script: Any) -> None:
    """Equal look-ups are not changes."""
    run = script("Look.", ["get_order"])
    for _ in range(2):
        run.turn("get_order", {"order": 4417}, {"total": 40.5})
    assert not run.findings("repeated_change")


def test_a_change_taken_back_in_between_may_be_made_again(script: Any) -> None:
    """Place, cancel, place."""
    run = script("Order for warehouse wh-101.", ["place", "cancel"])
    run.turn("place", {"warehouse": "wh-101", "units": 40}, {"status": "placed"})
    run.turn("cancel", {"warehouse": "wh-101"}, {"status": "cancelled"})
    run.turn("place", {"warehouse": "wh-101", "units": 40}, {"status": "placed"})
    assert not run.findings("repeated_change")
