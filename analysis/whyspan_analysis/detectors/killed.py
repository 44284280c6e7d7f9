"""The run was cut off: its process died, or was killed, in the middle of something."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.outcome import unfinished


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when spans are missing or never ended, no answer was given and the last action never came back."""
    if case.run.complete or case.answer is not None or (action := unfinished(case.steps)) is None:
        return
    at = action.arguments_at or (action.span_id, "name")
    yield detector.finding(
        case.chooser(action),
        f"The run was cut off while `{action.name}` was under way: it never came back.",
        [case.ref(at)],
    )


DETECTOR = Detector("killed", "The run was cut off", Role.CAUSE, 4.0, find)
