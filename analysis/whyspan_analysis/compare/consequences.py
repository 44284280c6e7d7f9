"""Which differences the outcome can depend on: all but those that were absorbed.

A difference was absorbed where it

- says the same in other words,
- is a failed look-up that the same run repeated with success,
- is an id, a time or an address in a result that nothing used,
- is a look-up of one run only, or one asked otherwise, after which both runs went on alike and used nothing of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from whyspan_analysis.case import Case
from whyspan_analysis.compare.alignment import Pair
from whyspan_analysis.compare.differences import Difference
from whyspan_analysis.links import depends_on
from whyspan_analysis.moments import Moment, repeated
from whyspan_analysis.reach import reach
from whyspan_analysis.values import leaves, of_scalar, of_text

_PASSING: Final = ("id ", "date ", "url ")
"""Kinds of values that differ in any two runs; a number or a word does not."""


class Side:
    """One of the two runs: what leads to its outcome, and up to where each value was used."""

    def __init__(self, case: Case) -> None:
        self.reached = reach(case, depends_on(case))
        self._repeated = repeated(case)
        self._used: dict[str, int] = {}
        for action in case.actions:
            self._used[f"text {action.name.casefold()}"] = action.order
            for leaf in leaves(action.arguments, ""):
                keys = [f"{value.kind} {value.canon}" for value in of_scalar(leaf.value)]
                for key in (*keys, f"text {str(leaf.value).casefold()}"):
                    self._used[key] = max(self._used.get(key, -1), action.order)
        if case.answer is not None:
            end = len(case.run.spans)
            self._used.update({f"{value.kind} {value.canon}": end for value in of_text(case.answer.text)})

    def uses_later(self, values: frozenset[str], moment: Moment) -> bool:
        """True when one of these values is an argument after what the moment did itself, or stands in the answer."""
        done = max([moment.order, *(action.order for action in moment.actions)])
        return any(self._used.get(value, -1) > done for value in values)

    def is_retried(self, moment: Moment) -> bool:
        """True when all that the moment did, or asked for, failed and was repeated, or is the repetition."""
        return bool(moment.actions) and all(id(action) in self._repeated for action in moment.actions)


def mark(here: Side, there: Side, pairs: Sequence[Pair], found: Sequence[Difference]) -> None:
    """Says of each difference whether it is consequential, and whether recorded links lead from it to an outcome."""
    by_pair = {_ids(difference.here, difference.there): difference for difference in found}
    following: dict[str | None, bool] = {}
    of_any = False
    for pair in reversed(pairs):
        difference = by_pair.get(_ids(*pair))
        moment = pair[0] or pair[1]
        assert moment is not None  # noqa: S101 - a pair has at least one side
        if difference is not None:
            sides = list(_sides(here, there, difference))
            went_on_alike = not following.get(moment.agent, of_any)
            difference.consequential = not _absorbed(difference, sides, went_on_alike=went_on_alike)
            difference.linked = any(one.span_id in side.reached for side, one, _ in sides)
        is_choice = moment.kind != "tool" or all(action.asked_by is None for action in moment.actions)
        if is_choice and (difference is None or difference.consequential):  # what was absorbed says nothing of the next
            of_any = following[moment.agent] = difference is not None


def _sides(here: Side, there: Side, difference: Difference) -> Iterator[tuple[Side, Moment, frozenset[str]]]:
    """Each run that has the moment, with the values only it had there."""
    for side, one, values in zip((here, there), (difference.here, difference.there), difference.values, strict=True):
        if one is not None:
            yield side, one, values


def _absorbed(
    difference: Difference, sides: Sequence[tuple[Side, Moment, frozenset[str]]], *, went_on_alike: bool
) -> bool:
    """Whether nothing came of the difference; takes back that it is other words for the same where one of them was acted on."""
    used_later = any(side.uses_later(values, one) for side, one, values in sides)
    difference.wording = difference.wording and not used_later
    if difference.wording:
        return True
    if difference.kind != "changed" and all(side.is_retried(one) for side, one, _ in sides):
        return True
    used = used_later or any(one.changes or one.answers for _, one, _ in sides)
    return not used and _is_passing(difference, went_on_alike=went_on_alike)


def _is_passing(difference: Difference, *, went_on_alike: bool) -> bool:
    """True for what may differ between any two good runs; see the head of this module."""
    if difference.kind == "only_there":
        return False  # what the other run looked up and this one did not may be what it lacked
    if difference.kind == "only_here":
        return went_on_alike
    if difference.here is not None and difference.here.kind == "decision":
        return False  # that it chose otherwise matters, though the next steps may be the same
    if difference.here is not None and difference.here.kind == "tool":
        every = [value for values in difference.values for value in values]
        return bool(every) and all(value.startswith(_PASSING) for value in every)
    return went_on_alike


def _ids(here: Moment | None, there: Moment | None) -> tuple[int, int]:
    return id(here), id(there)
