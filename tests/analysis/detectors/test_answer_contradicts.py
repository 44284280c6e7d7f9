"""The answer gives an observed number wrongly."""

from typing import Any


def test_a_number_off_by_a_power_of_ten_contradicts(script: Any) -> None:
    """12,844.80 in the answer contradicts the 1284.48 that the calculator returned, and both are quoted."""
    run = script("What is the balance of 1,200 USD at 7.04 % after a year?", ["calculator"])
    run.turn("calculator", {"expression": "1200*1.0704"}, 1284.48)
    answer = run.answer("The balance is 12,844.80 USD.")
    [finding] = run.findings("answer_contradicts")
    assert finding.span_id == answer.span_id
    assert [ref.quote for ref in finding.refs] == ["The balance is 12,844.80 USD.", "1284.48"]


def test_the_same_number_spelt_otherwise_does_not(script: Any) -> None:
    """1,284.48 USD is what 1284.48 looks like to people."""
    run = script("What is the balance?", ["calculator"])
    run.turn("calculator", {"expression": "1200*1.0704"}, 1284.48)
    run.answer("The balance is 1,284.48 USD.")
    assert not run.findings("answer_contradicts")


def test_a_change_of_unit_does_not(script: Any) -> None:
    """A share told in percent is a conversion of the ratio that was returned."""
    run = script("What is the rate?", ["rate"])
    run.turn("rate", {}, 0.0704)
    run.answer("The rate is 7.04 %.")
    assert not run.findings("answer_contradicts")
