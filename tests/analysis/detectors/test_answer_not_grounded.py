"""The answer states particulars found nowhere."""

from typing import Any


def test_a_value_found_nowhere_is_named(script: Any) -> None:
    """A page number that neither the task nor a result holds is named with its share of the answer's values."""
    run = script("How long may I return it?", ["search"])
    run.turn("search", {"query": "returns"}, {"text": "within 30 days of purchase"})
    run.answer("Within 30 days, see page 412.")
    [finding] = run.findings("answer_not_grounded")
    assert "412" in finding.message
    assert finding.strength == 0.5


def test_given_observed_and_computed_values_are_grounded(script: Any) -> None:
    """Numbers from the task, from a result, and their sum are all accounted for."""
    run = script("What did I pay for order 4417, and what with 12.50 shipping?", ["order"])
    run.turn("order", {"id": 4417}, {"paid": 89.1, "shipping": 12.5})
    run.answer("Order 4417 was 89.10 EUR, with shipping 101.60 EUR.")
    assert not run.findings("answer_not_grounded")


def test_nothing_is_said_when_the_task_was_not_captured(script: Any) -> None:
    """Without the task nobody can tell whether a value was given."""
    run = script("", ["order"])
    run.turn("order", {"id": 4417}, {"paid": 89.1})
    run.answer("Order 9876 was 89.10 EUR.")
    for span in run.spans:
        span.attributes.pop("gen_ai.input.messages", None)
    assert not run.findings("answer_not_grounded")
