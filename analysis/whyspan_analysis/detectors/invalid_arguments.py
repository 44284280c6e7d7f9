"""A tool was called with arguments that its own schema forbids."""

from collections.abc import Iterator
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import join
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on missing, mistyped, misnamed and out-of-list arguments, and on JSON cut short, when the call came to nothing."""
    for call in case.calls:
        schemas = {tool.get("name"): tool.get("parameters") for tool in call.content.tool_definitions}
        for action in call.actions:
            if (
                action.ok
                or action.arguments_at is None
                or (wrong := _violation(action, schemas.get(action.name))) is None
            ):
                continue
            fault, path = wrong
            refs = [case.ref((action.arguments_at[0], path))]
            if action.error_at is not None:
                refs.append(case.ref(action.error_at))
            yield detector.finding(
                call.span.span_id,
                f"`{action.name}` was called with {fault}.",
                refs,
                1.0 if action.error is not None else 0.6,
                recovered=case.later_ok(action) is not None,
            )


def _violation(action: Action, schema: Any) -> tuple[str, str] | None:
    """(what is wrong, path of the argument), or None."""
    path = action.arguments_at[1] if action.arguments_at is not None else ""
    arguments = action.arguments
    if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
        return "arguments that are not complete JSON", path
    if not isinstance(schema, dict) or not isinstance(arguments, dict):
        return None
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    for name in schema.get("required") or ():
        if name not in arguments:
            return f"the required argument `{name}` missing", path
    for name, value in arguments.items():
        if name not in known:
            if schema.get("additionalProperties") is False:
                return f"the argument `{name}`, which it does not have", join(path, name)
        elif (fault := _mismatch(name, value, known[name])) is not None:
            return fault, join(path, name)
    return None


def _mismatch(name: str, value: Any, schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return None
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return f"`{name}` = {value!r}, which is not one of {', '.join(map(repr, allowed))}"
    wanted = _TYPES.get(str(schema.get("type")))
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        return f"`{name}` = {value!r} where its schema asks for {schema['type']}"
    return None


DETECTOR = Detector("invalid_arguments", "Arguments broke the tool's schema", Role.CAUSE, 7.0, find)
