"""A tool failed and nothing useful happened after it."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the last failed action when no action after it succeeded and the run gave no answer."""
    failed = [action for action in case.actions if action.error is not None]
    if not failed or case.answer is not None or case.later_ok(failed[-1]) is not None:
        return
    last = failed[-1]
    yield detector.finding(
        last.span_id,
        f'`{last.name}` failed with "{(last.error or "").splitlines()[0]}"; nothing after it succeeded.',
        case.action_refs(last),
    )


DETECTOR = Detector("tool_error_final", "A tool error ended the run", Role.CAUSE, 4.0, find)
