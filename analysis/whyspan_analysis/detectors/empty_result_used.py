"""A search came back empty, and the answer states particulars of what was not found."""

from collections.abc import Iterator

from whyspan.rules.results import is_empty
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the last result before the answer was empty and the answer holds values found nowhere."""
    if (answer := case.answer) is None:
        return
    came_back = [action for action in case.actions if action.result_at is not None and action.error is None]
    if not came_back or not is_empty(came_back[-1].result):
        return
    loose = case.lineage.invented(answer.text)
    if not loose:
        return
    last = came_back[-1]
    names = ", ".join(dict.fromkeys(value.raw for value in loose))
    everything = all(is_empty(action.result) for action in came_back)
    yield detector.finding(
        answer.span_id,
        f"`{last.name}` returned nothing, yet the answer states {names}.",
        [case.ref((answer.span_id, answer.path), loose[0].raw), *case.action_refs(last)],
        1.0 if everything else 0.5,
        origin_span_id=last.span_id,
    )


DETECTOR = Detector("empty_result_used", "An empty result was answered from", Role.CAUSE, 4.0, find)
