"""Of two tools that take the same arguments, the one was chosen and the other was called."""

import re
from collections.abc import Iterator
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Action, Call

_WORD = re.compile(r"[a-z]{2,}")


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call that changes something, where another offered tool with the same parameters was chosen and never ran.

    Chosen is what a recorded decision between the two took, or what the agent was told to do in all words of the other
    tool's name, and not in all of the called one's.
    """
    for action in case.actions:
        if action.asked_by is None or action.arguments_at is None or not action.changes:
            continue
        for other in _alike(action, action.asked_by):
            chosen = _decided(case, action, other) or _told(case, action, other)
            if chosen is not None and not any(each.name == other and each.order > chosen[0] for each in case.actions):
                refs = [case.ref(action.arguments_at), chosen[1]]
                message = f"`{action.name}` was called, though the choice had been `{other}`."
                yield detector.finding(_taken(case, action), message, refs)


def _alike(action: Action, call: Call) -> Iterator[str]:
    """The offered tools with the same parameters as the called one."""
    parameters = {str(tool.get("name")): _parameters(tool) for tool in call.content.tool_definitions}
    own = parameters.get(action.name)
    return (name for name, each in parameters.items() if own and each == own and name != action.name)


def _parameters(tool: dict[str, Any]) -> frozenset[str]:
    schema = tool.get("parameters")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return frozenset(properties) if isinstance(properties, dict) else frozenset()


def _taken(case: Case, action: Action) -> str:
    """Where the called tool was first taken: a turn of the agent that names it and calls nothing, a choice, or the call itself."""
    for call in case.calls:
        own = call.order < action.order and call.agent == action.agent and not call.actions
        if own and any(action.name in said for _, said in call.texts):
            return case.decided_at(call)
    return case.chooser(action)


def _decided(case: Case, action: Action, other: str) -> tuple[int, Ref] | None:
    """The last decision between the two, if it took the other one."""
    for node in reversed(case.decisions):
        order = case.run.order[node.span_id]
        labels = {option.label for option in node.options}
        if (
            order < action.order
            and node.agent == action.agent
            and node.source == "recorded"
            and {action.name, other} <= labels
        ):
            return (order, case.ref((node.span_id, "decision.choice"))) if node.choice == other else None
    return None


def _told(case: Case, action: Action, other: str) -> tuple[int, Ref] | None:
    """What the agent had been told before the call, where that holds the other tool's name word for word."""
    heard: set[str] = set()
    found = None
    for call in case.calls:
        if call.order > action.order or call.agent != action.agent:
            continue
        for position in call.new:
            message = call.content.input_messages[position]
            for p, part in enumerate(message.parts if message.role in ("system", "user") else ()):
                heard |= _stems(part.content)
                if _stems(action.name) <= heard:
                    return None
                if _stems(other) <= _stems(part.content):
                    at = (call.span.span_id, f"input_messages[{position}].parts[{p}].content")
                    found = call.order, case.ref(at)
    return found


def _stems(said: str) -> set[str]:
    return {each.removesuffix("s") for each in _WORD.findall(said.casefold())}


DETECTOR = Detector("other_tool", "Another tool was called than was meant", Role.CAUSE, 7.0, find)
