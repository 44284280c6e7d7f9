"""The answer gives an observed number wrongly: its digits are right, its size is not."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.lineage import END
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a number of the answer that was never seen, while a result held the same digits a power of ten away."""
    if (answer := case.answer) is None:
        return
    for value in case.lineage.ungrounded(answer.text, END):
        seen = case.lineage.miscopied(value, END)
        if seen is None:
            continue
        yield detector.finding(
            answer.span_id,
            f"The answer says {value.raw}, but {seen.teller} had returned {seen.value.raw}.",
            [case.ref((answer.span_id, answer.path), value.raw), case.ref((seen.span_id, seen.path), seen.value.raw)],
            origin_span_id=seen.action.span_id if seen.action is not None else None,
        )


DETECTOR = Detector("answer_contradicts", "The answer contradicts an observation", Role.CAUSE, 5.0, find)
