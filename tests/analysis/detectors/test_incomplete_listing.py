"""A part of a listing that was taken for all of it."""

from typing import Any


def _page(run: Any, shop: str, page: int, more: int | None) -> Any:
    return run.turn("sales", {"shop": shop, "page": page}, {"rows": [{"amount": 12.5 * page}], "next_page": more})


def test_a_page_nobody_asked_for_blames_the_turn_that_went_on(script: Any) -> None:
    """The other shop's pages were read to the end, so the first one was not meant to do."""
    run = script("What did the shops sell?", ["sales"])
    _page(run, "north", 1, 2)
    _page(run, "north", 2, None)
    _page(run, "south", 1, 2)
    answer = run.answer("North sold for 37.50, south for 12.50.")
    [finding] = run.findings("incomplete_listing")
    assert finding.span_id == answer.span_id
    assert finding.strength == 1


def test_a_first_page_that_may_be_enough_accuses_nobody(script: Any) -> None:
    """And a listing read to its end is no finding at all."""
    run = script("Is there a sale in the south?", ["sales"])
    _page(run, "south", 1, 2)
    run.answer("Yes.")
    assert all(finding.strength < 0.5 for finding in run.findings("incomplete_listing"))
    run = script("What did the south sell?", ["sales"])
    _page(run, "south", 1, 2)
    _page(run, "south", 2, None)
    run.answer("37.50.")
    assert not run.findings("incomplete_listing")


def test_a_tool_that_counts_rows_and_gives_none_is_blamed(script: Any) -> None:
    """Four rows in all, an empty list: that is no empty result."""
    run = script("What did the south sell?", ["sales"])
    span = run.turn("sales", {"shop": "south"}, {"rows": [], "total_rows": 4})
    run.answer("Nothing.")
    assert [finding.span_id for finding in run.findings("incomplete_listing")] == [span.span_id]
