"""A failing call was retried too often."""

from typing import Any


def _failing(script: Any, times: int) -> Any:
    run = script("Look it up.", ["lookup"])
    for _ in range(times):
        run.turn("lookup", {"id": 4417}, error="503 unavailable")
    return run


def test_four_failures_in_a_row_are_a_storm(script: Any) -> None:
    """The first retry is blamed."""
    run = _failing(script, 4)
    [finding] = run.findings("retry_storm")
    assert finding.span_id == run.spans[3].span_id
    assert "4 times in a row" in finding.message


def test_two_retries_are_patience(script: Any) -> None:
    """Three failures are what clients do."""
    assert not _failing(script, 3).findings("retry_storm")
