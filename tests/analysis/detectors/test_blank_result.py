"""A tool returned blanks for a result."""

from typing import Any


def test_zeros_and_empty_texts_are_found(script: Any) -> None:
    """Everything but the argument that was passed is blank."""
    run = script("What is the rate?", ["get_rate"])
    span = run.turn("get_rate", {"currency": "CHF"}, {"currency": "CHF", "rate": 0.0, "as_of": ""})
    [finding] = run.findings("blank_result")
    assert (finding.span_id, finding.strength) == (span.span_id, 1.0)


def test_a_zero_that_other_calls_do_not_give_is_found(script: Any) -> None:
    """The units of one warehouse are nil, and its pallets too."""
    run = script("Stock?", ["read_stock"])
    run.turn("read_stock", {"warehouse": "wh-101"}, {"warehouse": "wh-101", "units": 412, "pallets": 34})
    run.turn("read_stock", {"warehouse": "wh-102"}, {"warehouse": "wh-102", "units": 0, "pallets": 0})
    [finding] = run.findings("blank_result")
    assert finding.strength == 1.0


def test_nothing_found_and_filled_results_are_fine(script: Any) -> None:
    """An empty list with its count, a balance of zero beside a name, and a write that returns nothing."""
    run = script("Look.", ["search", "get_account", "save"])
    run.turn("search", {"query": "tents"}, {"rows": [], "total_rows": 0, "next_page": None})
    run.turn("get_account", {"id": "k-1"}, {"id": "k-1", "name": "Mira", "balance": 0.0})
    run.turn("save", {"id": "k-1"}, {"id": "k-1", "message": "", "code": 0}, effect="reversible")
    assert not run.findings("blank_result")
