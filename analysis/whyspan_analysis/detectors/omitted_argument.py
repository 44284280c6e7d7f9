"""A call left out an argument that it had been told, or that every other call of the tool had."""

import json
from collections.abc import Iterator
from typing import Any

from whyspan.rules.results import parsed
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import read_constraints, words
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Action

MIN_OTHERS = 2
"""Other calls that must have the argument: two make a habit."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call without an optional argument that was told by that name, or that all other calls of it passed.

    Full strength where it was told, or where the task or its constraints speak of the argument or of what others passed.
    """
    told = _told(case)
    constraints = read_constraints(case.run, case.steps)
    for action in case.actions:
        if not isinstance(action.arguments, dict) or action.arguments_at is None or action.error is not None:
            continue
        for name in _optional(action):
            if name in action.arguments:
                continue
            source = next((ref for key, ref in told.get(action.agent, ()) if key == name), None)
            habit = _habit(case, action, name)
            if source is None and habit is None:
                continue
            stated = [each for each in constraints if set(words(f"{name} {text(habit or '')}")) & each.words]
            refs = [case.ref(action.arguments_at), *([source] if source is not None else [])]
            refs += [case.ref((each.span_id, each.path), each.text) for each in stated[:1]]
            why = "which it had been told" if source is not None else f"which its other calls pass ({text(habit)[:40]})"
            yield detector.finding(
                case.chooser(action),
                f"`{action.name}` was called without {name}, {why}.",
                refs,
                1.0 if source is not None or stated else 0.5,
            )


def _told(case: Case) -> dict[str | None, list[tuple[str, Ref]]]:
    """Agent -> names of the fields of what it was handed as an object, and where."""
    found: dict[str | None, list[tuple[str, Ref]]] = {}
    for call in case.calls:
        for position in call.new:
            message = call.content.input_messages[position]
            for p, part in enumerate(message.parts if message.role == "user" else ()):
                fields = parsed(part.content)
                if isinstance(fields, dict):
                    at = (call.span.span_id, f"input_messages[{position}].parts[{p}].content")
                    found[call.agent] = [(str(key), case.ref(at, json.dumps(key))) for key in fields]
    return found


def _optional(action: Action) -> Iterator[str]:
    """The parameters of the called tool that may be left out."""
    schema: Any = None
    for tool in action.asked_by.content.tool_definitions if action.asked_by is not None else ():
        if tool.get("name") == action.name:
            schema = tool.get("parameters")
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        yield from (str(name) for name in schema["properties"] if name not in (schema.get("required") or ()))


def _habit(case: Case, action: Action, name: str) -> Any:
    """What the other calls of the tool pass, if they are like this one but for the argument, and all pass the same."""
    others = [each.arguments for each in case.actions if each.name == action.name and each is not action]
    passed = [each[name] for each in others if isinstance(each, dict) and set(each) == {*action.arguments, name}]
    if len(passed) < MIN_OTHERS or len(passed) < len(others) or any(each != passed[0] for each in passed):
        return None
    return passed[0]


DETECTOR = Detector("omitted_argument", "An argument was left out", Role.CAUSE, 6.0, find)
