"""Choices between records: which record was taken, which others lay beside it, and the words that went with the choice."""

from collections.abc import Iterator
from dataclasses import dataclass

from whyspan_analysis.case import Case
from whyspan_analysis.fields import text
from whyspan_analysis.model import DecisionNode
from whyspan_analysis.records import Record, records_of
from whyspan_analysis.steps import Call
from whyspan_analysis.subjects import ids_in, is_word

LOOK_BACK = 4
"""Results of an agent looked through for the records it chose between: pages of one listing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A record that was taken, and the records it was taken from."""

    span_id: str
    """The decision or model call that took it."""
    taken: Record
    others: tuple[Record, ...]
    name: str
    """How it was named: the value of its identifying field."""
    words: tuple[tuple[str, str, str], ...]
    """(span id, path, text) of the reasons given."""
    asked: tuple[tuple[str, str, str], ...]
    """The same of what the agent was last asked to do."""


def choices(case: Case) -> Iterator[Choice]:
    """The choices between records of recent results, recorded ones and those a model call without a tool call states."""
    calls = {call.span.span_id: call for call in case.calls}
    for node in case.decisions:
        call = next((calls[each] for each in (*node.covers, node.span_id) if each in calls), None)
        named = node.choice if node.source == "recorded" else _stated(call)
        if named is None:
            continue
        order = call.order if call is not None else case.run.order[node.span_id]
        records = _records(case, node.agent, order)
        found = _beside(records, named)
        if found is not None:
            words = (
                tuple((call.span.span_id, path, said) for path, said in (*call.texts, *call.reasoning))
                if call is not None
                else ()
            )
            if node.source == "recorded" and node.rationale:
                words = ((node.span_id, "decision.rationale", node.rationale),)
            yield Choice(node.span_id, *found, named, words, _asked(case, node, order))


def _stated(call: Call | None) -> str | None:
    """The one id that the words of a call without a tool call name."""
    if call is None or call.actions:
        return None
    named = {value.canon: value.raw for _, words in call.texts for value in ids_in(words) if not is_word(value)}
    return next(iter(named.values())) if len(named) == 1 else None


def _records(case: Case, agent: str | None, before: int) -> list[Record]:
    seen = [each for each in case.lineage.observations if each.order < before and each.action.agent == agent]
    return [record for observation in seen[-LOOK_BACK:] for record in records_of(observation)]


def _beside(records: list[Record], named: str) -> tuple[Record, tuple[Record, ...]] | None:
    """The record of this name and those that are told apart from it by the same field."""
    wanted = named.casefold()
    for record in reversed(records):
        key = next((key for key, leaf in record.fields.items() if text(leaf.value).casefold() == wanted), None)
        if key is not None:
            others = [
                each for each in records if key in each.fields and text(each.fields[key].value).casefold() != wanted
            ]
            return (record, tuple(others)) if others else None
    return None


def _asked(case: Case, node: DecisionNode, order: int) -> tuple[tuple[str, str, str], ...]:
    """The last words from outside that the agent was told."""
    for call in reversed(case.calls):
        if call.order > order or call.agent != node.agent:
            continue
        for position in reversed(call.new):
            message = call.content.input_messages[position]
            if message.role == "user":
                at = f"input_messages[{position}].parts"
                return tuple(
                    (call.span.span_id, f"{at}[{p}].content", part.content) for p, part in enumerate(message.parts)
                )
    return ()
