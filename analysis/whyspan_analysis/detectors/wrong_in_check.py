"""The failed check found a value where it expected another; the step that brought that value up is to be looked at."""

import re
from collections.abc import Iterator
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import read, text
from whyspan_analysis.lineage import END, typed
from whyspan_analysis.model import Finding, Ref, Role, Status
from whyspan_analysis.reckoning import reckoned, weighty
from whyspan_analysis.steps import Action
from whyspan_analysis.values import Value, leaves, of_scalar

MADE, TAKEN, INSTEAD = 0.45, 0.2, 0.45
"""Strength where the model itself made the value, and where it took it from what it had been told or shown.

Too little to accuse anybody: on injected failures it names the operation in 25 of 60; the rest brought up what others had caused.
"""
MAX_VALUES = 3
"""Wrong values of one check that are followed, the first: a dump of a whole state names no culprit."""

_MARK = re.compile(
    r"(?P<expected>\b(?:expect(?:ed|s)?|should (?:be|have)|wanted|required|not agree to|instead of)\b)"
    r"|(?P<found>\b(?:found|got|was|were|actual(?:ly)?|received|returned|instead|but)\b)",
    re.IGNORECASE,
)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the first call, choice or statement with a value that a failed check says it found, and did not expect.

    A check that does not say which value it expected and which it found tells nothing here.
    """
    if case.outcome.status is not Status.FAILED or not case.outcome.explicit:
        return
    for ref in case.outcome.refs:
        if ref.field is not None and ref.field.endswith(".detail"):
            expected, wrong = _values(text(read(case.run, ref.span_id, ref.field)))
            for value in wrong[:MAX_VALUES]:
                yield from _origin(detector, case, ref, value)
            for value in expected[:MAX_VALUES]:
                yield from _instead(detector, case, ref, value)


def _values(detail: str) -> tuple[list[Value], list[Value]]:
    """The values a check expected, and those it found and did not expect."""
    marks = list(_MARK.finditer(detail))
    bounds = [*(mark.start() for mark in marks), len(detail)]
    sides: dict[str, list[Value]] = {"expected": [], "found": []}
    for mark, end in zip(marks, bounds[1:], strict=True):
        sides[mark.lastgroup or ""] += typed(detail[mark.end() : end])
    expected = {value.canon: value for value in sides["expected"]}
    wrong = {value.canon: value for value in sides["found"] if value.canon not in expected}
    return list(expected.values()), list(wrong.values()) if expected else []


def _instead(detector: Detector, case: Case, check: Ref, value: Value) -> Iterator[Finding]:
    """The first turn that could have worked out the number the check expected, and stated another one."""
    if value.kind != "number" or not weighty(float(value.canon)) or case.statements.first(value, END) is not None:
        return
    if case.lineage.sightings(value, END):
        return
    for call in case.calls:
        stated = [] if call.actions else [(path, each) for path, words in call.texts for each in typed(words)]
        stated = [(path, each) for path, each in stated if each.kind == "number" and weighty(float(each.canon))]
        if stated and reckoned(value, case.statements.known(call.agent, call.order)) is not None:
            path, other = stated[0]
            yield detector.finding(
                case.decided_at(call),
                f"The failed check expected {value.raw}, which follows from what was known here; {other.raw} was stated.",
                [case.ref((call.span.span_id, path), other.raw), check],
                INSTEAD,
            )
            return


def _origin(detector: Detector, case: Case, check: Ref, value: Value) -> Iterator[Finding]:
    first = min(_brought_up(case, value), default=None, key=lambda each: each[0])
    if first is None:
        return
    order, span_id, at = first
    known = bool(case.lineage.sightings(value, order + 1))
    how = "took it from what was known" if known else "came up with it"
    yield detector.finding(
        span_id,
        f"The failed check found {value.raw}, which it did not expect; this step was the first that {how}.",
        [case.ref(at, value.raw), check],
        TAKEN if known else MADE,
    )


def _brought_up(case: Case, value: Value) -> Iterator[tuple[int, str, tuple[str, str]]]:
    """(when, the span to blame, where it stands) for the first statement and the first call with this value."""
    stated = case.statements.first(value, END)
    if stated is not None:
        yield stated.order, case.decided_at(stated.call), (stated.call.span.span_id, stated.path)
    for action in case.actions:
        if (at := _left(case, action, value)) is not None:
            yield action.order, case.chooser(action), at
            break
    for action in case.actions:
        for leaf in leaves(action.arguments, action.arguments_at[1] if action.arguments_at is not None else ""):
            if action.arguments_at is not None and any(each.canon == value.canon for each in of_scalar(leaf.value)):
                yield action.asked_order, case.chooser(action), (action.arguments_at[0], leaf.path)
                return


def _left(case: Case, action: Action, value: Value) -> tuple[str, str] | None:
    """Where the result of a change shows a value that the change was not called with."""
    if not action.changes or not action.ok or action.result_at is None:
        return None
    found = [leaf for leaf in case.lineage.held(action) if value.canon in _canons(leaf.value)]
    called_with = any(value.canon in _canons(leaf.value) for leaf in leaves(action.arguments, ""))
    return (action.result_at[0], found[0].path) if found and not called_with else None


def _canons(scalar: Any) -> set[str]:
    return {each.canon for each in of_scalar(scalar)}


DETECTOR = Detector("wrong_in_check", "The failed check found a value that came from here", Role.CAUSE, 10.0, find)
