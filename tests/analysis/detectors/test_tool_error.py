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


def test_what_fails_again_weighs_less_than_what_failed_first(script: Any) -> None:
    """Until the tool succeeds, further tries come of the first failure."""
    run = script("Move my flight.", ["change_flight"])
    run.turn("change_flight", {"flight": "HAT271"}, error="balance is not enough")
    run.turn("change_flight", {"flight": "HAT272"}, error="balance is not enough")
    first, again = run.findings("tool_error")
    assert again.strength < first.strength


def test_code_taken_from_words_is_blamed_on_who_wrote_it(script: Any) -> None:
    """A tool span without arguments, which no call asked for, ran what the model had said right before."""
    run = script("How many rows?", [])
    wrote = run.answer("```python\nprint(len(rows))\n```")
    attributes = {"gen_ai.tool.name": "terminal"}
    run.span("execute_tool terminal", "execute_tool", attributes=attributes, error="NameError: rows")
    [finding] = run.findings("tool_error")
    assert finding.span_id == wrote.span_id
