"""Another record was acted on than was chosen."""

from typing import Any

ORDERS = [{"order": "o-41017", "item": "tent"}, {"order": "o-41018", "item": "stove"}]


def test_acting_on_another_record_than_the_chosen_one_is_found(script: Any) -> None:
    """A decision took one order, and the refund goes to another."""
    run = script("Refund the tent.", ["orders", "refund"])
    run.turn("orders", {"customer": "c-7"}, ORDERS)
    run.decide("Which order?", "o-41017", "o-41017", "o-41018")
    call = run.ask(("refund", {"order": "o-41018"}))
    run.execute({"status": "done"})
    [finding] = run.findings("other_record")
    assert finding.span_id == call.span_id
    assert "o-41017 had been chosen last" in finding.message


def test_a_choice_in_words_counts_as_well(script: Any) -> None:
    """Traces without recorded decisions have the model's own words."""
    run = script("Refund the tent.", ["orders", "refund"])
    run.turn("orders", {"customer": "c-7"}, ORDERS)
    run.answer("The order is o-41017.")
    run.turn("refund", {"order": "o-41018"}, {"status": "done"})
    assert len(run.findings("other_record")) == 1


def test_one_record_after_the_other_is_fine(script: Any) -> None:
    """Working through a list, with a word about each when it is done."""
    run = script("Refund all.", ["orders", "refund"])
    run.turn("orders", {"customer": "c-7"}, ORDERS)
    for order in ORDERS:
        run.turn("refund", {"order": order["order"]}, {"status": "done"})
        run.answer(f"{order['order']} is done.")
    assert not run.findings("other_record")


def test_a_record_looked_up_since_is_fine(script: Any) -> None:
    """A result brings up the other order after the choice."""
    run = script("Refund the tent.", ["orders", "replacement", "refund"])
    run.turn("orders", {"customer": "c-7"}, ORDERS)
    run.decide("Which order?", "o-41017", "o-41017", "o-41018")
    run.turn("replacement", {"item": "tent"}, {"replaced_by": "o-41018"})
    run.turn("refund", {"order": "o-41018"}, {"status": "done"})
    assert not run.findings("other_record")
