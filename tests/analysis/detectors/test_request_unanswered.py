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


def _ended(script: Any, offer: str, words: str) -> Any:
    run = script("Exchange my shirt.", ["exchange"])
    run.answer(offer)
    said = {"role": "user", "parts": [{"type": "text", "content": words}]}
    attributes = {"whyspan.kind": "step", "gen_ai.output.messages": json.dumps([said])}
    return run, run.span("user", attributes=attributes)


def test_a_go_ahead_after_which_nothing_was_done_is_found(script: Any) -> None:
    """The agent asked, the user agreed, and the run was over."""
    run, last = _ended(script, "Shall I exchange it?", "Alright, go ahead and finalize it.")
    [finding] = run.findings("request_unanswered")
    assert finding.span_id == last.span_id


def test_thanks_at_the_end_ask_for_nothing(script: Any) -> None:
    """Nor does a go-ahead that nobody had asked for."""
    assert not _ended(script, "Shall I exchange it?", "No, thank you, that is all.")[0].findings("request_unanswered")
    assert not _ended(script, "It is exchanged.", "Then I can go ahead with my day.")[0].findings("request_unanswered")
