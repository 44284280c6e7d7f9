"""A tool gave amounts on another scale than before: whole cents where there had been euros with decimals."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role

if TYPE_CHECKING:
    from whyspan_analysis.lineage import Observation
    from whyspan_analysis.values import Leaf

FACTOR = 20.0
"""How far beyond the others a field must lie: amounts of one listing differ by less, cents and euros by more."""
BEYOND = 3.0
"""And how far beyond the largest of them: what spreads over orders of magnitude, as latencies do, changed no scale."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a result whose numbers in one field are all whole and some 20 times those of other results, which have decimals.

    At least two other numbers are compared, of results of any tool that have the field.
    """
    columns: dict[str, list[tuple[Observation, list[Leaf]]]] = defaultdict(list)
    for observation in case.lineage.observations:
        own: dict[str, list[Leaf]] = defaultdict(list)
        for leaf in observation.leaves:
            if type(leaf.value) in (int, float) and leaf.key:
                own[leaf.key].append(leaf)
        for key, column in own.items():
            columns[key].append((observation, column))
    reported: set[str] = set()
    for key, found in columns.items():
        usual = median(abs(leaf.value) for _, column in found for leaf in column)
        for observation, column in found:
            if observation.action.span_id in reported or min(abs(leaf.value) for leaf in column) < FACTOR / 2 * usual:
                continue  # in a column of many the one result does not move the median far
            others = [leaf.value for each, rest in found if each is not observation for leaf in rest]
            if not _leaps([leaf.value for leaf in column], others):
                continue
            reported.add(observation.action.span_id)
            yield detector.finding(
                observation.action.span_id,
                f"`{observation.action.name}` gave {key} {column[0].value}, where other results have about {median(others):g}.",
                [case.ref((observation.span_id, column[0].path))],
            )


def _leaps(column: list[float], others: list[float]) -> bool:
    if (
        len(others) < 2
        or any(value != int(value) for value in column)
        or not any(isinstance(value, float) and value != int(value) for value in others)
    ):
        return False
    usual = median(abs(value) for value in others)
    least = min(abs(value) for value in column)
    return usual > 0 and least >= FACTOR * usual and least >= BEYOND * max(abs(value) for value in others)


DETECTOR = Detector("scale_changed", "A tool changed the scale of its numbers", Role.CAUSE, 7.0, find)
