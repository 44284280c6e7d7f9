"""The shortest list of steps that holds the cause in nine of ten failed runs, or the word that there is none.

How far behind the first a suspect may be is calibrated on injected faults, for each grade apart; see `calibration`.
"""

from collections.abc import Sequence
from typing import Final

from whyspan_analysis.calibration import Calibration, calibration
from whyspan_analysis.model import Hypothesis, Suspects

MOST: Final = 5
"""Steps of a list that still narrows anything down: runs of the calibration have 17 at the median."""


def suspects(ranked: Sequence[Hypothesis]) -> Suspects | None:
    """The list for all ranked hypotheses of a run; empty where none is short enough, None where there is no hypothesis."""
    if not ranked:
        return None
    known, grade = calibration(), ranked[0].grade.value
    bits = known.bits.get(grade)
    near = () if bits is None else tuple(each.span_id for each in ranked if ranked[0].score - each.score <= bits)
    listed = near if len(near) <= MOST else ()
    measured, lists = known.measured.get(grade, (0.0, 0))
    words = _words(len(listed), known, grade) if listed else _silence(len(ranked), known)
    return Suspects(listed, words, known.coverage, measured, lists)


def _words(listed: int, known: Calibration, grade: str) -> str:
    which = "this step alone" if listed == 1 else f"these {listed} steps"
    measured, lists = known.measured[grade]
    return (
        f"The suspects are {which}: of {lists} such lists, for injected failures graded {grade} that were held out, {measured:.0%} held the cause"
        f" (target {known.coverage:.0%})."
    )


def _silence(steps: int, known: Calibration) -> str:
    which = f"of at most {MOST} of its {steps} steps" if steps > MOST else "shorter than all its steps"
    return f"The recording does not let us narrow it down: no list {which} would hold the cause in {known.coverage:.0%} of such runs."
