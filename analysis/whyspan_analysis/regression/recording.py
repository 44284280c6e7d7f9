"""A failed run that is to become a test, and what is known of its agent."""

import json
from dataclasses import dataclass
from typing import Any, Final

from whyspan.rules.events import Event
from whyspan.rules.rule import CompiledRule
from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.model import Diagnosis
from whyspan_analysis.rules.history import PastRun
from whyspan_collector.records import Message, Span

OURS: Final = "whyspan"
"""The vocabulary of spans that our SDK recorded."""


class NotExportable(Exception):
    """No test can be made of the run; the message says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A failed run, ready to be taken on tape."""

    case: Case
    past: PastRun
    diagnosis: Diagnosis
    rule: CompiledRule

    @property
    def stream(self) -> tuple[Event, ...]:
        """The run's events."""
        return self.past.stream


def root_of(case: Case) -> Span | None:
    """The run's first agent."""
    return next((span for span in case.run.spans if span.kind is Kind.AGENT), None)


def is_ours(case: Case) -> bool:
    """True for an agent that our SDK recorded."""
    root = root_of(case)
    return root is not None and root.vocabulary == OURS


def given_to(case: Case) -> Any:
    """The root's input where our SDK recorded it, by name where it had several arguments; else the first words of a user."""
    root = root_of(case)
    ours = is_ours(case)
    messages: list[Message] = []
    if root is not None and ours:
        messages = case.run.contents[root.span_id].input_messages
    elif case.calls:
        messages = case.calls[0].content.input_messages
    texts = (part.content for each in messages if each.role == "user" for part in each.parts if part.type == "text")
    said = next(texts, "")
    try:
        read = json.loads(said) if ours else said
    except (ValueError, RecursionError):
        return said
    return read if isinstance(read, dict) else said
