"""The answer states particulars that appear in nothing the run was told or saw."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.lineage import END
from whyspan_analysis.model import Finding, Role, Status
from whyspan_analysis.values import of_text


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the task and at least one observation were captured; strength is the share of such values.

    Values that look like a miscopied observation are another detector's. On its own this says little: more than half of good runs have such a value (numbers worked out in the head), so
    its weight is small.
    """
    if (answer := case.answer) is None or not case.lineage.observations:
        return
    loose = [value for value in case.lineage.invented(answer.text) if case.lineage.miscopied(value, END) is None]
    if not loose:
        return
    every = sum(1 for _ in of_text(answer.text))
    names = ", ".join(dict.fromkeys(value.raw for value in loose))
    yield detector.finding(
        answer.span_id,
        f"The answer states values found in no observation: {names}.",
        [case.ref((answer.span_id, answer.path), value.raw) for value in loose[:3]],
        min(1.0, len(loose) / max(every, 1)),
        recovered=case.outcome.status is not Status.FAILED,
    )


DETECTOR = Detector("answer_not_grounded", "The answer is not grounded in observations", Role.SYMPTOM, 1.0, find)
