"""The same call, again and again, with the same result."""

from typing import Any


def test_three_equal_calls_with_equal_results_are_a_loop(script: Any) -> None:
    """The first repetition is blamed, the first call is the origin."""
    run = script("What is our refund policy?", ["search"])
    first = run.turn("search", {"query": "refunds"}, [])
    repeated = run.ask(("search", {"query": "refunds"}))
    run.execute([])
    run.turn("search", {"query": "refunds"}, [])
    [finding] = run.findings("exact_loop")
    assert (finding.span_id, finding.origin_span_id) == (repeated.span_id, first.span_id)


def test_polling_is_no_loop(script: Any) -> None:
    """Equal calls whose results change are waiting for something."""
    run = script("Tell me when it is done.", ["status"])
    for share in (0.1, 0.5, 1.0):
        run.turn("status", {"job": "j-1"}, {"done": share})
    assert not run.findings("exact_loop")


def test_asking_twice_is_no_loop(script: Any) -> None:
    """Making sure once is allowed."""
    run = script("What is our refund policy?", ["search"])
    for _ in range(2):
        run.turn("search", {"query": "refunds"}, [])
    assert not run.findings("exact_loop")
