"""Actions: what model calls asked for, joined with the spans that executed it and the messages that answered it.

Links are looked for from certain to weak: call id; name and equal arguments; name and order; a plain span that
carries the tool's name. What is not found stays None.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from whyspan.rules.results import error_in, parsed
from whyspan.semconv import Kind
from whyspan_analysis.fields import join, text
from whyspan_analysis.handoffs import handoff_target, is_handoff
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Call, canonical
from whyspan_collector.records import Part, Span

EXECUTING = (Kind.TOOL, Kind.RETRIEVAL, Kind.HANDOFF)
"""Kinds of spans that execute an action."""


def link_actions(
    run: Run, calls: list[Call], agents: dict[str, str | None], enclosing: dict[str, Span | None]
) -> list[Action]:
    """All actions in causal order; fills in what model calls asked for with what is known of its execution."""
    executed = deque(_executed(run, agents, enclosing))
    asked = [action for call in calls for action in call.actions]
    until = _windows(calls, len(run.spans))
    left = _pair(asked, list(executed), until)
    _pair_plain_spans(run, [action for action in asked if action.span is None], until)
    _attribute(left, calls)
    _results_from_messages(calls)
    actions = [*asked, *left]
    actions.sort(key=lambda action: (action.order, action.call_id or ""))
    return actions


def _executed(run: Run, agents: dict[str, str | None], enclosing: dict[str, Span | None]) -> Iterator[Action]:
    """One action per executing span; a tool inside a tool of the same name, and its own retrieval, are the same action."""
    inside: dict[str, Action] = {}
    for span in run.spans:
        if span.kind not in EXECUTING:
            continue
        name = span.tool or span.name
        outer = enclosing[span.span_id]
        same = inside.get(outer.span_id) if outer is not None else None
        if same is not None and (same.name == name or span.kind is Kind.RETRIEVAL):
            inside[span.span_id] = same
            _fill(run, same, span)
            continue
        action = Action(name, run.order[span.span_id], agents[span.span_id], call_id=span.tool_call_id, span=span)
        _fill(run, action, span)
        inside[span.span_id] = action
        yield action


def _fill(run: Run, action: Action, span: Span) -> None:
    """Take arguments, result and error from an executing span, as far as the action has none yet."""
    content = run.contents[span.span_id]
    for path, value in (("arguments", content.arguments), ("input", content.input)):
        if action.arguments_at is None and value is not None:
            action.arguments, action.arguments_at = parsed(value), (span.span_id, path)
    for path, value in (("result", content.result), ("output", content.output)):
        if action.result_at is None and value is not None:
            action.result, action.result_at = parsed(value), (span.span_id, path)
            if (error := error_in(value)) is not None and action.error is None:
                action.error, action.error_at = error, (span.span_id, path)
    if span.status == "error" and action.error is None:
        for field in ("error_message", "status_message", "error_type"):
            if (message := getattr(span, field)) is not None:
                action.error, action.error_at = message, (span.span_id, field)
                return
        action.error, action.error_at = "error without a message", (span.span_id, "status")


def _windows(calls: list[Call], end: int) -> dict[str, int]:
    """Model call's span id -> position of the same agent's next call: what it asked for is executed before that."""
    following: dict[str | None, int] = {}
    until = {}
    for call in reversed(calls):
        until[call.span.span_id] = following.get(call.agent, end)
        following[call.agent] = call.order
    return until


def _pair(asked: list[Action], executed: list[Action], until: dict[str, int]) -> list[Action]:
    """Join what was asked for with what was executed; returns the executions nobody was seen asking for."""
    taken: set[int] = set()
    for key, within in ((_by_id, False), (_by_arguments, False), (_by_name, True), (_by_target, True)):
        groups: dict[Any, deque[Action]] = defaultdict(deque)
        for other in executed:
            if id(other) not in taken and (value := key(other)) is not None:
                groups[value].append(other)
        for action in asked:
            call = action.asked_by
            if call is None or action.span is not None or (candidates := groups.get(key(action))) is None:
                continue
            while candidates and candidates[0].order <= call.order and key is not _by_id:
                candidates.popleft()  # calls come in order: what was executed before this one is before all later ones
            if candidates and (not within or candidates[0].order < until[call.span.span_id]):
                other = candidates.popleft()
                taken.add(id(other))
                _merge(action, other)
    return [other for other in executed if id(other) not in taken]


def _by_id(action: Action) -> tuple[str | None, str] | None:
    return None if action.call_id is None else (action.agent, action.call_id)


def _by_arguments(action: Action) -> tuple[str, str] | None:
    return None if action.arguments is None else (action.name, canonical(action.arguments))


def _by_name(action: Action) -> str:
    return action.name


def _by_target(action: Action) -> tuple[str | None, str] | None:
    """Who work is handed to: `transfer_to_billing` was asked for, `handoff to billing` carried out."""
    target = handoff_target(action.name, action.arguments) if is_handoff(action.name) else None
    return None if target is None else (action.agent, target.casefold())


def _merge(action: Action, executed: Action) -> None:
    action.order, action.span = executed.order, executed.span
    action.agent = executed.agent or action.agent
    action.result, action.result_at = executed.result, executed.result_at
    action.error, action.error_at = executed.error, executed.error_at


def _pair_plain_spans(run: Run, asked: list[Action], until: dict[str, int]) -> None:
    """A hand-written loop wraps its tools in plain spans: take the next one whose name holds the tool's name."""
    wanted = {action.name for action in asked}
    named: dict[str, deque[int]] = defaultdict(deque)
    for position, span in enumerate(run.spans):
        if span.kind in (Kind.OTHER, Kind.STEP):
            for word in span.name.replace("(", " ").replace(":", " ").split():
                if word in wanted:
                    named[word].append(position)
    for action in asked:
        call = action.asked_by
        positions = named[action.name]
        if call is None:
            continue
        while positions and positions[0] <= call.order:
            positions.popleft()
        if positions and positions[0] < until[call.span.span_id]:
            action.order = positions.popleft()
            action.span = run.spans[action.order]
            _fill(run, action, action.span)


def _attribute(left: list[Action], calls: list[Call]) -> None:
    """An agent that acts by writing code has no tool calls: its action belongs to the call whose text names the tool."""
    by_agent: dict[str | None, list[Call]] = defaultdict(list)
    for call in calls:
        by_agent[call.agent].append(call)
    for action in left:
        own = by_agent[action.agent]
        index = bisect_left(own, action.order, key=lambda call: call.order) - 1
        if index < 0:
            continue
        call = own[index]
        asked = any(other.span is None or other.name == action.name for other in call.actions)
        if (not call.actions or not asked) and any(action.name in said for _, said in call.texts):
            action.asked_by = call
            call.actions.append(action)


def _results_from_messages(calls: list[Call]) -> None:
    """Where no span holds a result, the next request of the model does. Call ids are unique within an agent at best."""
    waiting: dict[str | None, deque[Action]] = defaultdict(deque)
    by_id: dict[tuple[str | None, str], Action] = {}
    for call in calls:
        for position in call.new:
            for p, part in enumerate(call.content.input_messages[position].parts):
                if part.type != "tool_call_response":
                    continue
                action = by_id.get((call.agent, part.id or "")) or _first_waiting(waiting[call.agent], part.name)
                if action is not None:
                    call.results[position, p] = action
                    _answered(action, part, (call.span.span_id, f"input_messages[{position}].parts[{p}]"))
        for action in call.actions:
            waiting[call.agent].append(action)
            if action.call_id:
                by_id[call.agent, action.call_id] = action


def _first_waiting(waiting: deque[Action], name: str | None) -> Action | None:
    while waiting:
        action = waiting.popleft()
        if action.result_at is None and (name is None or action.name == name):
            return action
    return None


def _answered(action: Action, part: Part, at: tuple[str, str]) -> None:
    span_id, path = at
    field = "value" if part.value is not None else "content"
    value = part.value if part.value is not None else part.content
    if action.result_at is None:
        action.result, action.result_at = parsed(value), (span_id, join(path, field))
    if action.error is None and (part.error or error_in(value) is not None):
        action.error, action.error_at = error_in(value) or text(value), (span_id, join(path, field))
