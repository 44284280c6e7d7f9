"""The model stated a number, and acted on it, that is wrongly worked out from what it knew."""

import re
from collections import deque
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.lineage import typed
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.reckoning import left_out, one_of, reckoned, scaled, weighty
from whyspan_analysis.statements import Statement
from whyspan_analysis.steps import Action
from whyspan_analysis.values import Value, leaves, of_scalar, of_text

_SENTENCE = re.compile(r"(?:[^.;!?\n]|\.(?=\d))+")
_SUM = re.compile(r"\b(?:sum|total|altogether|in all)\b", re.IGNORECASE)
_COUNTS = re.compile(r"\b(?:number|count|how many|rows|subtotal|out of)\b", re.IGNORECASE)
"""What else a total may be of."""
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
"""A whole number like these is read as a year, which nobody reckons."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where a number that ended in a call or the answer was first written, if no tried reckoning gives it there.

    The numbers a sound one follows from are looked at likewise, so the blame goes to the first that is unsound: a sum
    that leaves out one row, or is none, or stands on another scale. A number to which no way was found may still have one.
    """
    if not case.lineage.task_known or not case.lineage.observations:
        return
    spans: set[str] = set()
    for finding in (*_no_sums(detector, case), *_unsound(detector, case)):
        if finding.span_id not in spans:
            spans.add(finding.span_id)
            yield finding


def _unsound(detector: Detector, case: Case) -> Iterator[Finding]:
    waiting, seen = deque(_used(case)), set()
    while waiting:
        value, before = waiting.popleft()
        stated = case.statements.first(value, before)
        if (
            stated is None
            or value.canon in seen
            or not weighty(float(value.canon))
            or _YEAR.fullmatch(stated.value.raw)
        ):
            continue
        seen.add(value.canon)
        if case.lineage.sightings(stated.value, stated.order + 1) or case.lineage.within_id(stated.value):
            continue
        known = case.statements.known(stated.call.agent, stated.order)
        missing = left_out(stated.value, known)
        terms = reckoned(stated.value, known) if missing is None else None
        if terms is not None:
            waiting += [
                (each.value, stated.order)
                for term in terms
                if (each := case.statements.first_number(term, stated.order))
            ]
        elif missing is not None:
            yield _finding(detector, case, stated, f"is a sum without one of its numbers, {text(missing)}")
        elif case.lineage.miscopied(stated.value, stated.order) is not None:
            continue  # which is another detector's
        elif (right := scaled(stated.value, known)) is not None:
            yield _finding(detector, case, stated, f"is {text(round(right, 2))} on another scale")


def _used(case: Case) -> Iterator[tuple[Value, int]]:
    """The numbers of calls and of the answer, and by when they were written."""
    for action in case.actions:
        for leaf in leaves(action.arguments, ""):
            yield from ((value, action.asked_order) for value in of_scalar(leaf.value) if value.kind == "number")
    if case.answer is not None:
        order = case.run.order[case.answer.span_id] + 1
        yield from ((value, order) for value in typed(case.answer.text) if value.kind == "number")


def _no_sums(detector: Detector, case: Case) -> Iterator[Finding]:
    """What the model calls a sum, and is one of its terms, their mean, or how many there are."""
    for call in case.calls:
        for path, words in (*call.texts, *call.reasoning):
            for sentence in _SENTENCE.findall(words) if _SUM.search(words) else ():
                if not _SUM.search(sentence) or _COUNTS.search(sentence):
                    continue
                for value in of_text(sentence):
                    if value.kind != "number" or _YEAR.fullmatch(value.raw):
                        continue
                    if not weighty(float(value.canon)) and "." not in value.raw:
                        continue
                    terms = one_of(value, case.statements.known(call.agent, call.order))
                    if terms is not None:
                        listed = ", ".join(map(text, terms[:5]))
                        yield _finding(
                            detector,
                            case,
                            Statement(call.order, call, path, value),
                            f"it calls a sum and is none of {listed}",
                        )


def _finding(detector: Detector, case: Case, stated: Statement, why: str) -> Finding:
    return detector.finding(
        case.decided_at(stated.call),
        f"The model stated {stated.value.raw}, which {why}, and went on with it.",
        [case.ref((stated.call.span.span_id, stated.path), stated.value.raw)],
        recovered=_replaced(case, stated.value),
    )


def _replaced(case: Case, value: Value) -> bool:
    """True when every call with this number was made again later, for the same thing and with another one."""
    used = [action for action in case.actions if action.changes and value.canon in _numbers(action)]
    return bool(used) and all(_again(case, action, value) for action in used)


def _again(case: Case, action: Action, value: Value) -> bool:
    for other in case.actions:
        if other.name == action.name and other.order > action.order and value.canon not in _numbers(other):
            same = [leaf for leaf in leaves(other.arguments, "") if leaf in list(leaves(action.arguments, ""))]
            if same:
                return True
    return False


def _numbers(action: Action) -> set[str]:
    return {
        value.canon
        for leaf in leaves(action.arguments, "")
        for value in of_scalar(leaf.value)
        if value.kind == "number"
    }


DETECTOR = Detector("wrong_reckoning", "A number was worked out wrongly", Role.CAUSE, 8.0, find)
