"""What happened in a run, whoever recorded it: model calls, the actions they asked for, and the final answer.

An `Action` is one tool call seen from up to three sides: the model call that asked for it, the span that executed
it, and the message that carried its result back. Instrumentations record one, two or all three of them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from whyspan.rules.effects import changes
from whyspan_collector.records import Content, Message, Part, Span


@dataclass(slots=True, eq=False)
class Action:
    """One tool call and what came of it."""

    name: str
    order: int
    """Position in `Run.spans` of the span that executed it, else of the call that asked for it."""
    agent: str | None
    call_id: str | None = None
    arguments: Any = None
    arguments_at: tuple[str, str] | None = None
    """(span id, path) of the arguments."""
    asked_by: "Call | None" = None
    """The model call that asked for it; None where code did, or where the call was not recorded."""
    span: Span | None = None
    """The span that executed it; None where nothing was recorded."""
    result: Any = None
    result_at: tuple[str, str] | None = None
    """(span id, path) of the result; None where none was captured."""
    error: str | None = None
    """What went wrong, in the tool's words; None when it succeeded or nothing is known."""
    error_at: tuple[str, str] | None = None

    @property
    def asked_order(self) -> int:
        """Position in `Run.spans` of the call that asked for it; its own where code did, or where the call was not recorded."""
        return self.asked_by.order if self.asked_by is not None else self.order

    @property
    def span_id(self) -> str:
        """Where the action is seen: its own span, else the model call that asked for it."""
        if self.span is not None:
            return self.span.span_id
        assert self.asked_by is not None  # noqa: S101 - an action is built from one of the two
        return self.asked_by.span.span_id

    @property
    def done(self) -> bool:
        """True when the action is known to have come back, with a result or an error."""
        return self.result_at is not None or self.error is not None or (self.span is not None and self.span.end_ns > 0)

    @property
    def ok(self) -> bool:
        """True when the action is known to have come back without an error."""
        return self.done and self.error is None

    @property
    def changes(self) -> bool:
        """True when it changes something outside the run: by its declared effect, else by the first word of its name."""
        return changes(self.name, self.span.effect if self.span is not None else None)


@dataclass(slots=True, eq=False)
class Call:
    """One model call."""

    span: Span
    content: Content
    order: int
    agent: str | None
    new: list[int] = field(default_factory=list)
    """Indices of the input messages that no earlier call of the run had seen or said."""
    actions: list[Action] = field(default_factory=list)
    """What it asked for, in its own order; empty when it answered."""
    results: dict[tuple[int, int], Action] = field(default_factory=dict)
    """(message, part) of its input -> the earlier action whose result stands there."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """(path, text) of what it said, reasoning excluded."""
    reasoning: list[tuple[str, str]] = field(default_factory=list)
    """(path, text) of its reasoning."""

    @property
    def hears_user(self) -> bool:
        """True when the user had said something that no earlier call had seen."""
        return any(self.content.input_messages[position].role == "user" for position in self.new)

    @property
    def error(self) -> str | None:
        """Why the call failed, in the provider's words; None when it did not."""
        if self.span.status != "error":
            return None
        return self.span.error_message or self.span.status_message or self.span.error_type or "error without a message"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the run said at its end."""

    text: str
    span_id: str
    """The span that said it: the model call where one was recorded, else the agent or root."""
    path: str


@dataclass(slots=True)
class Steps:
    """Everything that happened, in causal order."""

    calls: list[Call]
    actions: list[Action]
    answer: Answer | None
    agents: dict[str, str | None]
    """span_id -> the agent at work there: its own, else that of the nearest span above."""


def canonical(arguments: Any) -> str:
    """Arguments in a form in which equal ones are equal: sorted keys, and a lone argument without its name."""
    if isinstance(arguments, dict) and len(arguments) == 1:
        arguments = next(iter(arguments.values()))
    return json.dumps(arguments, sort_keys=True, default=str)


def parts(messages: list[Message], root: str) -> Iterator[tuple[str, Part]]:
    """The parts of messages with their paths below `root`, e.g. `output_messages[0].parts[1]`."""
    for m, message in enumerate(messages):
        for p, part in enumerate(message.parts):
            yield f"{root}[{m}].parts[{p}]", part
