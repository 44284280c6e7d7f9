"""The run was cut off: its process died, or was killed, in the middle of something."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.outcome import interrupted


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when spans are missing or never ended, no answer was given and the last thing begun never came back."""
    if case.run.complete or case.answer is not None or (cut := interrupted(case.steps)) is None:
        return
    span_id, path, what = cut
    node = case.by_span.get(span_id)
    yield detector.finding(
        node.span_id if node is not None else span_id,
        f"The run was cut off while {what} was under way: it never came back.",
        [case.ref((span_id, path))],
    )


DETECTOR = Detector("killed", "The run was cut off", Role.CAUSE, 4.0, find)
