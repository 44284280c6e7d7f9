"""A tool failed. Most such errors are handled; one after which nothing succeeded may have ended the run."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on every failed action; recovered when a later action succeeded or the run answered all the same."""
    for action in case.actions:
        if action.error is None:
            continue
        later = case.later_ok(action)
        after = f"`{later.name}` then succeeded" if later is not None else "nothing after it succeeded"
        if later is None and case.answer is not None:
            after = "the run then answered"
        yield detector.finding(
            action.span_id,
            f'`{action.name}` failed with "{_line(action.error)}"; {after}.',
            case.action_refs(action),
            recovered=later is not None or case.answer is not None,
        )


def _line(error: str) -> str:
    line = next(iter(error.strip().splitlines()), "")
    return line if len(line) <= 160 else f"{line[:159]}…"


DETECTOR = Detector("tool_error", "A tool failed", Role.CAUSE, 4.0, find)
