"""A request to the model failed."""

from typing import Any


def test_a_failed_call_is_named_by_its_kind(script: Any) -> None:
    """A context that is too long is said to be just that, and not recovered."""
    run = script("Sum it up.")
    call = run.fail("Error code: 400 - maximum context length is 128000 tokens.")
    [finding] = run.findings("model_call_failed")
    assert (finding.span_id, finding.recovered) == (call.span_id, False)
    assert "longer than the model's context" in finding.message
    assert finding.message.endswith('128000 tokens."')


def test_a_retried_call_is_recovered(script: Any) -> None:
    """A rate limit after which the same agent's next call succeeds did no harm."""
    run = script("Sum it up.")
    run.fail("429 Too Many Requests")
    run.answer("Done.")
    [finding] = run.findings("model_call_failed")
    assert finding.recovered


def test_calls_that_answered_did_not_fail(script: Any) -> None:
    """An ordinary run has no such finding."""
    run = script("Sum it up.")
    run.answer("Done.")
    assert not run.findings("model_call_failed")
