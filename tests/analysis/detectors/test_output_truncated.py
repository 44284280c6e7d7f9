"""The model's output was cut at its limit."""

from typing import Any


def test_a_cut_answer_is_found(script: Any) -> None:
    """An answer that stopped for length is cut off."""
    run = script("Write it all down.")
    answer = run.answer("First, we", finish="length")
    [finding] = run.findings("output_truncated")
    assert (finding.span_id, finding.recovered) == (answer.span_id, False)


def test_a_call_that_went_on_recovered(script: Any) -> None:
    """When the agent calls the model again, it may have gone on."""
    run = script("Write it all down.")
    run.answer("First, we", finish="length")
    run.answer("First, we begin. Then we end.")
    [finding] = run.findings("output_truncated")
    assert finding.recovered


def test_a_whole_answer_is_fine(script: Any) -> None:
    """Stopping of itself is stopping."""
    run = script("Write it all down.")
    run.answer("All.")
    assert not run.findings("output_truncated")
