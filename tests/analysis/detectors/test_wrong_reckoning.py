"""A number was worked out wrongly."""

from typing import Any

ROWS = [{"sale": "s-1", "amount": 640.25}, {"sale": "s-2", "amount": 85.5}, {"sale": "s-3", "amount": 310.75}]


def _reported(script: Any, total: float) -> Any:
    run = script("What did we sell in May?", ["sales", "report"])
    run.turn("sales", {"month": "2026-05"}, ROWS)
    stated = run.answer(f"That makes {total} in all.")
    run.turn("report", {"total": total}, {"status": "saved"})
    return run, stated


def test_a_sum_without_one_row_is_blamed_where_it_was_stated(script: Any) -> None:
    """The turn that first wrote the sum is named, and the row that is missing from it."""
    run, stated = _reported(script, 725.75)
    [finding] = run.findings("wrong_reckoning")
    assert (finding.span_id, finding.strength) == (stated.span_id, 1.0)
    assert "310.75" in finding.message


def test_how_many_there_are_is_no_sum_of_them(script: Any) -> None:
    """The sum of three amounts is not 3.00."""
    run = script("What did we sell in May?", ["sales"])
    run.turn("sales", {"month": "2026-05"}, {"sales": ROWS, "total_rows": 3})
    stated = run.answer("The sum of May is 3.00 EUR.")
    [finding] = run.findings("wrong_reckoning")
    assert finding.span_id == stated.span_id


def test_a_number_that_follows_from_nothing_accuses_nobody(script: Any) -> None:
    """There may be a way to it that was not tried."""
    run, _ = _reported(script, 99123.45)
    assert not run.findings("wrong_reckoning")


def test_the_sum_of_all_rows_is_right(script: Any) -> None:
    """Over one result, and over two pages."""
    run, _ = _reported(script, 1036.5)
    assert not run.findings("wrong_reckoning")
    pages = script("What did we sell?", ["sales", "report"])
    pages.turn("sales", {"page": 1}, ROWS[:2])
    pages.turn("sales", {"page": 2}, ROWS[2:])
    pages.answer("1036.50 in all.")
    pages.turn("report", {"total": 1036.5}, {"status": "saved"})
    assert not pages.findings("wrong_reckoning")


def test_a_share_taken_off_is_right(script: Any) -> None:
    """A price less a fee in percent, from two results."""
    run = script("Refund it.", ["order", "fee", "refund"])
    run.turn("order", {"id": "o-1207"}, {"id": "o-1207", "total": 236.65})
    run.turn("fee", {"condition": "opened"}, {"percent": 15})
    run.answer("That makes 201.15.")
    run.turn("refund", {"order": "o-1207", "amount": 201.15}, {"status": "done"})
    assert not run.findings("wrong_reckoning")


def test_a_number_that_was_replaced_is_recovered(script: Any) -> None:
    """The same call again with another number makes it good."""
    run, _ = _reported(script, 725.75)
    run.turn("report", {"total": 725.75, "month": "2026-05"}, {"status": "saved"})
    run.turn("report", {"total": 1036.5, "month": "2026-05"}, {"status": "saved"})
    [finding] = run.findings("wrong_reckoning")
    assert not finding.recovered  # the first report, which named no month, still stands
