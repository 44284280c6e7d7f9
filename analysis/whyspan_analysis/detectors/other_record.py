"""A record was chosen, or was the only one spoken of, and the next call was for another one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import DecisionNode, Finding, Ref, Role
from whyspan_analysis.steps import Action, Call
from whyspan_analysis.subjects import ids_in, subjects
from whyspan_analysis.values import Value, of_scalar, of_text, sort_of

MAX_FIELDS = 60
"""Fields of a result that may bring one record up; a larger one is a listing or a document."""


@dataclass(slots=True)
class _Chosen:
    """The record at hand."""

    value: Value
    how: str
    ref: Ref


@dataclass(slots=True)
class _Mind:
    """What one agent has at hand: for each sort of id the record chosen last, and those it has dealt with."""

    chosen: dict[str, _Chosen] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call for an id of the same sort as the one chosen, told or found last, which no words brought up since.

    A new message from outside forgets what was chosen before; so does naming several ids of one sort. Each choice
    speaks for the first call that departs from it.
    """
    minds: dict[str | None, _Mind] = {}
    for _, step in sorted(_steps(case), key=lambda each: each[0]):
        mind = minds.setdefault(step.agent, _Mind())
        if isinstance(step, Call):
            _hear(case, mind, step)
        elif isinstance(step, DecisionNode):
            _decide(case, mind, step)
        else:
            yield from _act(detector, case, mind, step)


def _steps(case: Case) -> Iterator[tuple[tuple[int, int], Call | DecisionNode | Action]]:
    """Calls, recorded decisions (at the end of the calls they hold) and actions, in the order they happened."""
    for call in case.calls:
        yield (call.order, 0), call
    for node in case.decisions:
        if node.source == "recorded":
            yield (max(case.run.order[each] for each in (node.span_id, *node.covers)), 1), node
    for action in case.actions:
        yield (action.order, 2), action


def _hear(case: Case, mind: _Mind, call: Call) -> None:
    for position in call.new:
        message = call.content.input_messages[position]
        if message.role == "user":
            mind.chosen.clear()
            mind.used.clear()
            for p, part in enumerate(message.parts):
                at = (call.span.span_id, f"input_messages[{position}].parts[{p}].content")
                _take(case, mind, list(ids_in(part.content)), "told of", at)
    said = [(path, value) for path, words in call.texts for value in ids_in(words)]
    if not call.actions and said:
        _take(case, mind, [value for _, value in said], "chosen", (call.span.span_id, said[-1][0]))


def _decide(case: Case, mind: _Mind, node: DecisionNode) -> None:
    found = [value for value in of_text(node.choice or "") if value.kind == "id" and value.raw == node.choice]
    for value in found:
        mind.used.discard(value.canon)
    _take(case, mind, found, "chosen", (node.span_id, "decision.choice"))


def _take(case: Case, mind: _Mind, values: list[Value], how: str, at: tuple[str, str]) -> None:
    """Of each sort the one id that was named; several of one sort leave none at hand, one dealt with is only reported."""
    for sort in {sort_of(value) for value in values}:
        same = {value.canon: value for value in values if sort_of(value) == sort}
        [last] = list(same.values())[-1:]
        mind.chosen.pop(sort, None)
        if len(same) == 1 and last.canon not in mind.used:
            mind.chosen[sort] = _Chosen(last, how, case.ref(at, last.raw))


def _act(detector: Detector, case: Case, mind: _Mind, action: Action) -> Iterator[Finding]:
    for path, value in subjects(action.arguments):
        sort = sort_of(value)
        chosen = mind.chosen.get(sort)
        mind.used.add(value.canon)
        if chosen is None or chosen.value.canon == value.canon or action.arguments_at is None:
            continue
        del mind.chosen[sort]
        yield detector.finding(
            case.chooser(action),
            f"`{action.name}` was called for {value.raw}, though {chosen.value.raw} had been {chosen.how} last.",
            [case.ref((action.arguments_at[0], action.arguments_at[1] + path)), chosen.ref],
            1.0 if action.changes else 0.8,
        )
    if action.result_at is not None and action.error is None:
        passed = {value.canon for _, value in subjects(action.arguments)}
        held = case.lineage.held(action)
        if len(held) > MAX_FIELDS:
            return  # a listing brings no one record up
        found = [
            value
            for leaf in held
            for value in of_scalar(leaf.value)
            if value.kind == "id" and value.canon not in passed
        ]
        _take(case, mind, found, "found", action.result_at)


DETECTOR = Detector("other_record", "Another record was acted on than was chosen", Role.CAUSE, 8.0, find)
