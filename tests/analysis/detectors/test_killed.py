"""The run was cut off."""

from typing import Any


def _cut_off(script: Any) -> Any:
    run = script("What did I pay?", ["order"])
    run.root.end_ns = 0
    run.turn("order", {"id": 4417}, {"paid": 89.1})
    return run


def test_a_call_that_never_came_back_is_found(script: Any) -> None:
    """A run whose root never ended, and whose last tool call never returned, was cut off there."""
    run = _cut_off(script)
    last = run.ask(("order", {"id": 4390}))
    [finding] = run.findings("killed")
    assert finding.span_id == last.span_id


def test_an_answered_run_was_not_cut_off(script: Any) -> None:
    """A lost root does not matter when the answer is there."""
    run = _cut_off(script)
    run.answer("89.10 EUR.")
    assert not run.findings("killed")


def test_a_complete_run_was_not_cut_off(script: Any) -> None:
    """A run that ended, without executing what it last asked for, ended of itself."""
    run = _cut_off(script)
    run.root.end_ns = run.root.start_ns + 1
    run.ask(("order", {"id": 4390}))
    assert not run.findings("killed")
