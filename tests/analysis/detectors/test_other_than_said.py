"""Another record was acted on than was spoken of."""

from typing import Any


def _closed(script: Any, says: str) -> Any:
    run = script("Close the older of ORD-4101 and ORD-4102.", ["close"])
    call = run.ask(("close", {"order": "ORD-4102"}), says=says)
    run.execute({"status": "closed"})
    return run, call


def test_words_and_argument_that_differ_are_found(script: Any) -> None:
    """The turn speaks of one order and closes another."""
    run, call = _closed(script, "The older one is ORD-4101, so I close it.")
    [finding] = run.findings("other_than_said")
    assert finding.span_id == call.span_id
    assert "ORD-4101" in finding.message


def test_words_that_name_the_argument_too_are_fine(script: Any) -> None:
    """Both orders are spoken of."""
    run, _ = _closed(script, "ORD-4101 is newer; I close ORD-4102.")
    assert not run.findings("other_than_said")


def test_ids_of_another_sort_are_not_compared(script: Any) -> None:
    """A customer's number says nothing about which order is meant."""
    run, _ = _closed(script, "Customer c-20417 wants it closed.")
    assert not run.findings("other_than_said")
