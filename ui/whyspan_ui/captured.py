"""What an instrumentation leaves out, and what it sends that nobody knows, in words."""

from collections.abc import Iterator
from typing import Final

from whyspan_analysis.report.wording import count
from whyspan_collector.coverage import Coverage

_FIELDS: Final = {
    "agent": {"agent": "a name"},
    "model_call": {
        "request_model": "the model",
        "input_tokens": "tokens",
        "finish_reason": "why it stopped",
        "input_messages": "what went in",
        "output_messages": "what came out",
        "tool_definitions": "the tools offered",
    },
    "tool": {"tool": "a name", "tool_call_id": "the id of the call", "arguments": "arguments", "result": "a result"},
}
"""Kind -> field -> what it is called: without these, decisions are not derived or not linked to what they led to."""
_NOUNS: Final = {"agent": "agent", "model_call": "model call", "tool": "tool call"}
_MOST: Final = 8
_REASONS: Final = {
    "queue": "they ended faster than they could be encoded",
    "unprepared": "masking them failed",
    "spool": "no room in the spool",
    "refused": "refused for good",
    "sampled_out": "not sampled, on purpose",
}
"""As the SDK counts them; a reason that is not ours is shown as it came."""


def gaps(instrumentation: Coverage) -> Iterator[str]:
    """One line for each kind of span that lacks something: `model calls: 2 of 11 with why it stopped, none with tokens`."""
    for kind, known in _FIELDS.items():
        spans = instrumentation.spans.get(kind, 0)
        filled = instrumentation.filled.get(kind, {})
        lacking = {words: filled.get(field, 0) for field, words in known.items() if filled.get(field, 0) < spans}
        if lacking:
            parts = [f"{number or 'none'} with {words}" for words, number in lacking.items()]
            yield f"of {count(spans, _NOUNS[kind])}: {', '.join(parts)}"


def unknown(instrumentation: Coverage) -> str | None:
    """The attributes no vocabulary knows, with the number of spans that have them; None where all are known."""
    keys = [f"{key} ({number})" for key, number in list(instrumentation.unknown.items())[:_MOST]]
    if more := len(instrumentation.unknown) - len(keys):
        keys.append(f"and {more:,} more")
    return ", ".join(keys) or None


def lost(instrumentation: Coverage) -> str | None:
    """What a process says it never sent, by reason; None where it says nothing."""
    return (
        ", ".join(
            f"{count(spans, 'span')} ({_REASONS.get(reason, reason)})" for reason, spans in instrumentation.lost.items()
        )
        or None
    )
