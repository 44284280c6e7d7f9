"""Of two tools that take the same arguments, the one was chosen and the other was called."""

from collections.abc import Iterator
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Action, Call


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call that changes something, where another offered tool with the same parameters was chosen and never ran.

    Chosen is what a recorded decision between the two took. Words that only fit the other tool's name prove nothing:
    they do on half of the passing runs of some agents.
    """
    for action in case.actions:
        if action.asked_by is None or action.arguments_at is None or not action.changes:
            continue
        for other in _alike(action, action.asked_by):
            chosen = _decided(case, action, other)
            if chosen is not None and not any(each.name == other and each.order > chosen[0] for each in case.actions):
                refs = [case.ref(action.arguments_at), chosen[1]]
                message = f"`{action.name}` was called, though the choice had been `{other}`."
                yield detector.finding(case.chooser(action), message, refs)


def _alike(action: Action, call: Call) -> Iterator[str]:
    """The offered tools with the same parameters as the called one."""
    parameters = {str(tool.get("name")): _parameters(tool) for tool in call.content.tool_definitions}
    own = parameters.get(action.name)
    return (name for name, each in parameters.items() if own and each == own and name != action.name)


def _parameters(tool: dict[str, Any]) -> frozenset[str]:
    schema = tool.get("parameters")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return frozenset(properties) if isinstance(properties, dict) else frozenset()


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


DETECTOR = Detector("other_tool", "Another tool was called than was meant", Role.CAUSE, 7.0, find)
