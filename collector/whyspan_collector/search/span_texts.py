"""The texts of a span that people search for, each with the place it stands in."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from whyspan_collector.records import Content, Message, Span

LONGEST: Final = 100_000
"""Characters of one text that are indexed; what stands behind them in a book or a dump is not found."""
_IDEOGRAPH: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
"""Scripts written without spaces: each sign is made a word, and what is searched is a row of them."""


def texts_of(span: Span, content: Content) -> Iterator[tuple[str, str]]:
    """Yields (place, text) for everything in a span that can be searched; the place is a field of `Span` or `Content`."""
    for name in ("name", "agent", "tool", "error_type", "error_message", "status_message"):
        if value := getattr(span, name):
            yield name, value
    for place in ("input_messages", "output_messages"):
        for message in getattr(content, place):
            for text in _message(message):
                yield place, text
    for place in ("arguments", "result", "input", "output"):
        if (value := getattr(content, place)) is not None:
            yield place, _flat(value)
    yield from _told(content)


def _told(content: Content) -> Iterator[tuple[str, str]]:
    """What the agent said itself: its decision and the outcomes."""
    if decision := content.decision:
        reasons = (text for option in decision.options for text in (option.label, option.why_not))
        yield from (("decision", text) for text in (decision.question, decision.rationale, *reasons) if text)
    for outcome in content.outcomes:
        yield from (("outcome", text) for text in (outcome.check, outcome.detail) if text)


def _message(message: Message) -> Iterator[str]:
    for part in message.parts:
        if part.type == "tool_call":
            yield f"{part.name or ''} {_flat(part.value)}"
        elif part.type != "other":
            yield part.content or _flat(part.value)


def _flat(value: Any) -> str:
    """A value as text; JSON with its letters as they are, so that they are found."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def words(text: str) -> str:
    """The text as the index is given it, and as it is asked."""
    text = text[:LONGEST].replace("\0", " ")
    return text if text.isascii() else _IDEOGRAPH.sub(r" \g<0> ", text.encode(errors="replace").decode())
