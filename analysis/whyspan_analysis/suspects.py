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
    known = calibration()
    bits = known.bits.get(ranked[0].grade.value)
    near = () if bits is None else tuple(each.span_id for each in ranked if ranked[0].score - each.score <= bits)
    listed = near if len(near) <= MOST else ()
    return Suspects(listed, _words(len(listed), len(ranked), known), known.coverage, known.measured, known.lists)


def _words(listed: int, steps: int, known: Calibration) -> str:
    if not listed:
        which = f"{MOST} of its {steps} steps" if steps > MOST else "its steps"
        return f"The recording does not let us narrow it down: no list of at most {which} holds the cause in {known.coverage:.0%} of such runs."
    which = "This step" if listed == 1 else f"One of these {listed} steps"
    held = f"{known.measured:.0%} of {known.lists} such lists held the cause, on injected faults of kinds and agents held out"
    return f"{which} decided it, at {known.coverage:.0%} coverage: {held}."
