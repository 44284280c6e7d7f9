"""One of several things the task names, never touched."""

from typing import Any


def _ordered(script: Any, *towns: str) -> Any:
    run = script("Order for Bremen, Lille and Gent: what the forecast says.", ["forecast", "order"])
    for number, town in enumerate(towns):
        run.turn("forecast", {"town": town}, {"town": town, "units": 420 + number})
        run.turn("order", {"town": town, "units": 420 + number}, {"status": "placed"})
    return run, run.answer("All orders are placed.")


def test_the_step_that_stopped_is_blamed(script: Any) -> None:
    """Two towns of three; the answer came when the third one's turn was."""
    run, answer = _ordered(script, "Bremen", "Lille")
    [finding] = run.findings("part_left_out")
    assert finding.span_id == answer.span_id
    assert "gent" in finding.message


def test_a_task_that_was_done_or_broken_off_is_left_alone(script: Any) -> None:
    """All three towns, or a failure that ended the work."""
    assert not _ordered(script, "Bremen", "Lille", "Gent")[0].findings("part_left_out")
    run = script("Order for Bremen, Lille and Gent.", ["forecast"])
    run.turn("forecast", {"town": "Bremen"}, {"units": 420})
    run.turn("forecast", {"town": "Lille"}, error="service unavailable")
    run.answer("I could not order.")
    assert not run.findings("part_left_out")
