"""The conversation of a model call as it was sent: text, reasoning, tool calls and their responses, told apart at a glance."""

import json

from whyspan_analysis.report import wording
from whyspan_collector.records import Message, Part
from whyspan_ui.components.columns import readable
from whyspan_ui.components.markup import Markup, tag

LONGEST_TEXT = 6_000
"""Characters of one text that are shown; all of it is in the downloaded span."""


def chat(messages: list[Message], *, answer: bool = False) -> Markup:
    """Messages from top to bottom; `answer` marks what the model said in this call."""
    return tag("div", *(_message(message, answer=answer) for message in messages), class_="chat")


def _message(message: Message, *, answer: bool) -> Markup:
    stopped = f"stopped: {message.finish_reason}" if message.finish_reason else None
    return tag(
        "div",
        tag(
            "div",
            tag("span", message.role, class_="role"),
            tag("span", stopped, class_="muted") if stopped else None,
            class_="from",
        ),
        *(_part(part) for part in message.parts),
        None if message.parts else tag("div", "empty", class_="muted"),
        class_=f"turn {message.role}{' answer' if answer else ''}",
    )


def _part(part: Part) -> Markup:
    if part.type == "text":
        return block(part.content)
    if part.type == "reasoning":
        return tag("div", tag("span", "reasoning", class_="kind"), block(part.content), class_="reasoning")
    if part.type == "tool_call":
        return tag(
            "div",
            tag("span", "calls ", tag("b", tag("bdi", part.name or "a tool without a name")), class_="kind"),
            code(part.value),
            class_="call",
        )
    if part.type == "tool_call_response":
        words = ["response", f" of {part.name}" if part.name else "", " · error" if part.error else ""]
        return tag(
            "div",
            tag("span", tag("bdi", "".join(words)), class_="kind"),
            code(part.content or part.value),
            class_="response error" if part.error else "response",
        )
    return tag("div", tag("span", "other content", class_="kind"), code(part.content or part.value), class_="call")


def block(content: str) -> Markup:
    """Running text with its own line breaks and its own writing direction."""
    return tag("div", *_cut(content), class_="text", dir="auto")


def code(value: object) -> Markup:
    """A value as it was sent: JSON indented, text verbatim."""
    return tag("pre", *_cut(pretty(value)), dir="auto")


def pretty(value: object) -> str:
    """JSON over several lines where one would be too long to read; text as it is."""
    text = readable(value)
    if isinstance(value, str) or len(text) <= 72:
        return text
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _cut(text: str) -> list[str | Markup]:
    if len(text) <= LONGEST_TEXT:
        return [text]
    left = wording.count(len(text) - LONGEST_TEXT, "more character")
    return [text[:LONGEST_TEXT], tag("span", f"… {left}; the downloaded span has them", class_="muted cut")]
