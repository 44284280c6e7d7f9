"""A tool failed."""

from typing import Any


def test_an_error_after_which_nothing_succeeded_is_not_recovered(script: Any) -> None:
    """A run that ends on a failed tool without an answer did not recover from it."""
    run = script("Look it up.", ["lookup"])
    tool = run.turn("lookup", {"id": 4417}, error="database is down")
    [finding] = run.findings("tool_error")
    assert (finding.span_id, finding.recovered) == (tool.span_id, False)


def test_an_error_that_another_tool_made_up_for_is_recovered(script: Any) -> None:
    """A search that succeeds where the lookup failed recovers from it."""
    run = script("Look it up.", ["lookup", "search"])
    run.turn("lookup", {"id": 4417}, error="timed out")
    run.turn("search", {"query": "4417"}, [{"id": 4417}])
    [finding] = run.findings("tool_error")
    assert finding.recovered
    assert "`search` then succeeded" in finding.message


def test_an_error_told_as_text_counts(script: Any) -> None:
    """Frameworks hand errors to the model as text, with nothing on the span."""
    run = script("Look it up.", ["lookup"])
    run.turn("lookup", {"id": 4417}, "Error: no such order")
    assert run.findings("tool_error")


def test_results_that_speak_of_errors_are_none(script: Any) -> None:
    """A log line about an error is a result like any other."""
    run = script("Look it up.", ["lookup"])
    run.turn("lookup", {"id": 4417}, {"log": "the error of last week is fixed", "error": None})
    assert not run.findings("tool_error")
