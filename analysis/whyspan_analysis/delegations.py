"""Work passed from one agent to another, whoever recorded it: an agent inside another's run, and what it was told."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from whyspan.rules.results import parsed
from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.steps import Call

_order = attrgetter("order")


@dataclass(frozen=True, slots=True)
class Delegation:
    """One agent's work for another."""

    sender: str | None
    receiver: str
    span_id: str
    """Where the sender passed it on: its last decision before, else the hand-off, else the receiver's own span."""
    order: int
    until: int
    """Positions in `Run.spans` of the receiver's first and last span."""
    told: str
    """What the receiver was told, its standing instructions left out."""
    at: tuple[str, str]
    """(span id, path) of that."""
    fields: dict[str, object]
    """What was passed on, where it is an object; else nothing."""


def delegations(case: Case) -> Iterator[Delegation]:
    """The agents that worked inside another agent and were told something, in order."""
    last, calls, first = case.run.last_inside(), case.calls, 0
    turns: dict[str | None, Call] = {}
    for order, span in enumerate(case.run.spans):
        while first < len(calls) and calls[first].order < order:
            turns[calls[first].agent] = calls[first]
            first += 1
        sender = case.steps.agents.get(span.parent_span_id or "")
        if span.kind is not Kind.AGENT or span.agent is None or sender in (None, span.agent):
            continue
        until = last[span.span_id]
        inside = calls[first : bisect_right(calls, until, key=_order)]
        call = next((each for each in inside if each.agent == span.agent), None)
        said = list(_told(call)) if call is not None else []
        if call is not None and said:
            path, words = said[-1]
            turn = turns.get(sender)
            blamed = case.decided_at(turn) if turn is not None else span.parent_span_id or span.span_id
            yield Delegation(sender, span.agent, blamed, order, until, words, (call.span.span_id, path), _fields(words))


def _told(call: Call) -> Iterator[tuple[str, str]]:
    for position in call.new:
        message = call.content.input_messages[position]
        for p, part in enumerate(message.parts if message.role == "user" else ()):
            yield f"input_messages[{position}].parts[{p}].content", part.content


def _fields(told: str) -> dict[str, object]:
    value = parsed(told)
    return {key: held for key, held in value.items() if held is not None} if isinstance(value, dict) else {}
