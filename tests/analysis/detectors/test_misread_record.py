"""A record is not as the agent said."""

from typing import Any

import pytest

ORDER = {"order_id": "#W4967593", "status": "processed", "total": 64.5, "tracking_id": ["2864223389"], "note": ""}
OTHER = {"order_id": "#W9911714", "status": "delivered", "total": 12.0, "tracking_id": [], "note": "call first"}


def _told(script: Any, words: str) -> Any:
    run = script("What of my orders?", ["get_order", "pay"])
    run.turn("get_order", {"order_id": "#W4967593"}, ORDER)
    run.turn("get_order", {"order_id": "#W9911714"}, OTHER)
    return run, run.answer(words)


@pytest.mark.parametrize(
    ("words", "held", "strength"),
    [
        ("Delivered orders (#W9911714 and #W4967593) can be exchanged.", "the state “processed”", 1.0),
        ("#W4967593 is already delivered. #W9911714 came with it.", "the state “processed”", 1.0),
        ("Order #W4967593 does not have a tracking number because it is new.", "the tracking_id 2864223389", 1.0),
        ("Order #W4967593 has a total of 46.50 EUR.", "the total 64.5", 0.6),
    ],
)
def test_another_state_figure_or_lack_is_found(script: Any, words: str, held: str, strength: float) -> None:
    """The turn that said it is blamed, with what was read."""
    run, told = _told(script, words)
    [finding] = run.findings("misread_record")
    assert (finding.span_id, finding.strength) == (told.span_id, strength)
    assert f"`get_order` had returned {held} for W4967593" in finding.message


@pytest.mark.parametrize(
    "words",
    [
        "Order #W4967593 (processed) and the delivered #W9911714 are yours.",
        "Once #W4967593 is delivered, you can send it back.",
        "I have delivered the news of #W4967593.",
        "Order #W4967593 has a total of 3 items, and a total of 64.50 EUR.",
        "Order #W4967593 does not have a note.",
        "Order #W9911714 does not have a tracking number.",
    ],
)
def test_what_was_read_or_is_not_said_of_the_record_is_fine(script: Any, words: str) -> None:
    """The states as they are, one to come, a verb, a number of something else, and fields that are empty."""
    run, _ = _told(script, words)
    assert not run.findings("misread_record")


def test_a_record_that_was_changed_since_is_not_held_against_anybody(script: Any) -> None:
    """What a change left behind is not known until it is read."""
    run = script("What of my order?", ["get_order", "update_order"])
    run.turn("get_order", {"order_id": "#W4967593"}, ORDER)
    run.turn("update_order", {"order_id": "#W4967593"}, "ok")
    run.answer("Order #W4967593 has a total of 46.50 EUR.")
    assert not run.findings("misread_record")


def test_a_wrong_figure_is_blamed_on_the_turn_that_wrote_it_first(script: Any) -> None:
    """It was worked out before anybody was told."""
    run = script("Give it a credit.", ["give_credit"])
    run.turn("give_credit", {"contract": "ct-4264", "amount": 3.36}, {"contract": "ct-4264", "credit": 3.36})
    first = run.answer("That makes the new credit 0.00.")
    run.answer("ct-4264 has a credit of 0.00 EUR now.")
    [finding] = run.findings("misread_record")
    assert finding.span_id == first.span_id
