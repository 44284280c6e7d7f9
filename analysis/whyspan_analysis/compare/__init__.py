"""Two runs side by side: what they were made of, where they parted, and the first difference the outcome can depend on."""

from collections.abc import Sequence
from dataclasses import dataclass

from whyspan_analysis.case import Case
from whyspan_analysis.compare.alignment import Pair, align
from whyspan_analysis.compare.consequences import Side, mark
from whyspan_analysis.compare.differences import Difference, FieldDifference, differences
from whyspan_analysis.compare.premises import premise_differences
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.model import Outcome, Run
from whyspan_analysis.moments import read_moments
from whyspan_analysis.task import task


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs have in common and what not; `here` is the run asked about, `there` the other."""

    here: Case
    there: Case
    same_task: bool
    premises: Sequence[FieldDifference]
    pairs: Sequence[Pair]
    """Every moment of both runs in order, beside the one that answers to it or beside None."""
    aligned: int
    """Moments of either run that answer to one of the other."""
    found: Sequence[Difference]
    """In the order they happened."""
    first: Difference | None
    """The first difference the outcome can depend on."""
    first_choice: Difference | None
    """The first of them in which an agent chose otherwise."""

    @property
    def outcomes(self) -> tuple[Outcome, Outcome]:
        """How both runs ended."""
        return self.here.outcome, self.there.outcome


def compare(run: Run, other: Run) -> Comparison:
    """Holds two runs beside each other. Takes about as long as diagnosing both."""
    here, there = build_case(run), build_case(other)
    asked = task(run)
    same_task = asked is not None and asked == task(other)
    mine, theirs = (read_moments(case, same_task=same_task) for case in (here, there))
    pairs = align(mine, theirs)
    found = differences(run, other, pairs)
    mark(Side(here), Side(there), pairs, found)
    telling = [difference for difference in found if difference.consequential]
    if not telling:  # no value differs on the way: what is left are other words
        telling = [difference for difference in found if difference.wording]
    choices = (
        each for each in telling if "tool" not in {one.kind for one in (each.here, each.there) if one is not None}
    )
    return Comparison(
        here,
        there,
        same_task,
        premise_differences(here, there),
        pairs,
        sum(one is not None and other is not None for one, other in pairs),
        found,
        telling[0] if telling else None,
        next(choices, None),
    )
