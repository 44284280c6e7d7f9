"""Conversations with a model, made comparable: the same whoever recorded them and however a client groups messages.

What counts is what users, models and tools said, in order. System instructions and the tools on offer do not: a tape
keeps what the model said then, and says nothing about what a better prompt would make it say.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from whyspan.testing.tape import canonical, masked

_SHOWN: Final = 200
_CALLS: Final = "tool_call"
_RESULTS: Final = "tool_call_response"
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
"""Instrumentations record an empty result as any of these."""


def digest(messages: Sequence[dict[str, Any]]) -> str:
    """16 hex digits for a conversation in OpenTelemetry's form (`role`, `parts`)."""
    return hashlib.sha256(canonical(list(_said(messages))).encode()).hexdigest()[:16]


def last_of(messages: Sequence[dict[str, Any]]) -> str:
    """The beginning of the last thing said, for people."""
    said = list(_said(messages))
    return " ".join(said[-1])[:_SHOWN] if said else ""


def results_of(messages: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of the tool calls whose results stand in it."""
    return [str(part.get("id")) for message in messages for part in _parts(message) if part.get("type") == _RESULTS]


def _said(messages: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for message in messages:
        role = str(message.get("role"))
        if role in ("system", "developer"):
            continue
        for part in _parts(message):
            kind = part.get("type")
            if kind == "text" and (words := " ".join(str(part.get("content")).split())):
                yield "assistant" if role == "assistant" else "user", str(masked(words))
            elif kind == _CALLS:
                yield "calls", str(part.get("name")), canonical(masked(_value(part.get("arguments"))))
            elif kind == _RESULTS:
                yield "result", canonical(masked(_value(part.get("response"))))


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    parts = message.get("parts")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _value(value: Any) -> Any:
    """JSON in a text is the same as the value itself; white space does not count, and all that is empty is the same."""
    if isinstance(value, list) and all(isinstance(each, dict) and "text" in each for each in value):
        value = "".join(str(each["text"]) for each in value)  # content blocks around one text
    if isinstance(value, str):
        text = value
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = " ".join(text.split())
    return "" if value in _EMPTY else value
