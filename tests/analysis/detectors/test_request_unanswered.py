"""A request was passed over."""

import json
from typing import Any


def _heard(script: Any, *between: dict[str, Any]) -> Any:
    run = script("Hello, I have two wishes.", ["change"])
    run.answer("Which?")
    first = {"role": "user", "parts": [{"type": "text", "content": "First: my new address."}]}
    second = {"role": "user", "parts": [{"type": "text", "content": "Second: plan M, please."}]}
    begun = json.loads(run.spans[-1].attributes["gen_ai.input.messages"])
    said = json.loads(run.spans[-1].attributes["gen_ai.output.messages"])
    messages = json.dumps([*begun, *said, first, *between, second])
    span = run.span("chat model", "chat", attributes={"gen_ai.input.messages": messages})
    return run, span


def test_two_requests_in_a_row_are_found(script: Any) -> None:
    """Nothing was said or done between the user's first and second wish."""
    run, span = _heard(script)
    [finding] = run.findings("request_unanswered")
    assert finding.span_id == span.span_id
    assert "First" in finding.message


def test_an_answer_in_between_is_fine(script: Any) -> None:
    """The first wish was answered."""
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "Done."}]}
    run, _ = _heard(script, answer)
    assert not run.findings("request_unanswered")
