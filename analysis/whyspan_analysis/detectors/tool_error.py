"""A tool failed. Most such errors are handled; one after which nothing succeeded may have ended the run."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role

UNASKED = 0.3
"""Strength where neither the call nor its arguments were captured: the fault may lie with whoever made the tool fail."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on every failed action; recovered when a later action succeeded or the run answered all the same."""
    for action in case.actions:
        if action.error is None:
            continue
        later = case.made_good(action)
        after = f"`{later.name}` then succeeded" if later is not None else "nothing after it succeeded"
        if later is None and case.answer is not None:
            after = "the run then answered"
        yield detector.finding(
            action.span_id,
            f'`{action.name}` failed with "{_line(action.error)}"; {after}.',
            case.action_refs(action),
            1.0 if action.asked_by is not None or action.arguments_at is not None else UNASKED,
            recovered=later is not None or case.gave_up_well,
        )


def _line(error: str) -> str:
    line = next(iter(error.strip().splitlines()), "")
    return line if len(line) <= 160 else f"{line[:159]}…"


DETECTOR = Detector("tool_error", "A tool failed", Role.CAUSE, 6.0, find)
