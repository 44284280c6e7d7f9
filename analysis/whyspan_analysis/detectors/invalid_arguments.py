"""A tool was called with arguments that its own schema forbids."""

from collections.abc import Iterator
from typing import Any

from whyspan.rules.schemas import misfit
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import join
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action


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
    wrong = misfit(action.arguments, schema)
    if wrong is None:
        return None
    fault, name = wrong
    path = action.arguments_at[1] if action.arguments_at is not None else ""
    return fault, path if name is None else join(path, name)


DETECTOR = Detector("invalid_arguments", "Arguments broke the tool's schema", Role.CAUSE, 7.0, find)
