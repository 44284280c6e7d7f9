"""A tool error was ignored."""

from typing import Any


def _after_error(script: Any) -> Any:
    run = script("What did I pay?", ["lookup", "search"])
    run.turn("lookup", {"id": 4417}, error="timed out")
    return run


def test_an_answer_as_if_nothing_had_happened_is_found(script: Any) -> None:
    """The model saw the error and answered without a word about it."""
    run = _after_error(script)
    answer = run.answer("You paid 89.10 EUR.")
    [finding] = run.findings("tool_error_ignored")
    assert (finding.span_id, finding.origin_span_id) == (answer.span_id, run.spans[2].span_id)


def test_saying_so_is_not_ignoring_it(script: Any) -> None:
    """An answer that tells of the failure did not ignore it."""
    run = _after_error(script)
    run.answer("I could not look your order up, sorry.")
    assert not run.findings("tool_error_ignored")


def test_trying_something_else_is_not_ignoring_it(script: Any) -> None:
    """Another tool instead is an answer to the error."""
    run = _after_error(script)
    run.turn("search", {"query": "4417"}, [{"paid": 89.1}])
    run.answer("You paid 89.10 EUR.")
    assert not run.findings("tool_error_ignored")
