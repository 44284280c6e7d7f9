"""The model called a tool it was not offered."""

from collections.abc import Iterator
from difflib import get_close_matches

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Ref, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the list of offered tools was captured, the name is not on it, and nothing executed it well."""
    for call in case.calls:
        offered = [str(tool.get("name", "")) for tool in call.content.tool_definitions]
        for action in call.actions if offered else ():
            if (
                action.name in offered
                or action.arguments_at is None
                or (action.span is not None and action.error is None)
            ):
                continue
            near = get_close_matches(action.name, offered, n=1)
            hint = f"; the nearest is `{near[0]}`" if near else ""
            yield detector.finding(
                call.span.span_id,
                f"The model called `{action.name}`, which is not among the {len(offered)} tools it was offered{hint}.",
                _refs(case, action.arguments_at),
                recovered=case.later_ok(action) is not None or (case.seen_by(action) is not None and case.gave_up_well),
            )


def _refs(case: Case, arguments_at: tuple[str, str]) -> Iterator[Ref]:
    span_id, path = arguments_at
    yield case.ref((span_id, path.removesuffix(".value") + ".name"))
    yield case.ref((span_id, "tool_definitions"))


DETECTOR = Detector("unknown_tool", "A tool that does not exist was called", Role.CAUSE, 7.0, find)
