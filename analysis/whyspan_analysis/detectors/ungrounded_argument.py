"""A tool was called with an id, address, date or amount that nobody gave and nothing returned."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.lineage import Source
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.reckoning import reckoned
from whyspan_analysis.statements import Statement
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import identifies, telling
from whyspan_analysis.values import Leaf, Value, leaves

_SETTING = re.compile(
    r"limit|top_?k|page|size|max|min|count|offset|timeout|depth|temperature|retries|days|hours|seconds|version",
    re.IGNORECASE,
)
"""Names of arguments a model may set freely."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where the task was captured and the whole argument is one such value that was never seen before the call.

    Each value is reported once, where it was used first. An argument that merely contains a value (a query, an expression) is left alone: models compose those.
    """
    if not case.lineage.task_known:
        return
    reported: set[str] = set()
    later: dict[str, Action] = {action.name: action for action in case.actions if action.ok}
    for action in case.actions:
        if action.arguments_at is None:
            continue
        span_id, path = action.arguments_at
        asked = action.asked_order
        for leaf in leaves(action.arguments, path):
            value = _whole(leaf)
            if value is None or value.canon in reported or _SETTING.search(leaf.key):
                continue
            if value.kind == "date" and not action.changes:
                reported.add(value.canon)  # a search may try the days around, and what it found can be taken
                continue
            stated = case.statements.first(value, asked)
            if _is_grounded(case, action, leaf, value, stated):
                continue
            reported.add(value.canon)
            near = _near(case, value, asked)
            hint = f"; the nearest value seen is {near[1]}" if near is not None else ""
            refs = [case.ref((span_id, leaf.path)), *([near[0]] if near is not None else [])]
            name = leaf.key or "the argument"
            shown = stated is not None and case.lineage.sightings(value, asked)
            why = "was stated here before anything had shown it" if shown else f"appears in nothing seen before{hint}"
            yield detector.finding(
                case.chooser(action) if stated is None else case.decided_at(stated.call),
                f"`{action.name}` was called with {name} = {value.raw}, which {why}.",
                refs,
                _strength(case, action, value, near_miss=near is not None),
                recovered=_corrected(action, leaf, later.get(action.name)),
            )


def _is_grounded(case: Case, action: Action, leaf: Leaf, value: Value, stated: Statement | None) -> bool:
    """True when the value was seen before or follows from what was; ids are not computed.

    A number that was stated before is another detector's.
    """
    asked = action.asked_by.order if action.asked_by is not None else action.order - 1
    before = min(asked, stated.order if stated is not None else asked) + 1
    if identifies(leaf.key) or value.kind != "number":
        return bool(case.lineage.sightings(value, before))
    if stated is not None or case.lineage.sightings(value, before):
        return True
    if _near(case, value, asked) is not None:
        return False
    return (
        case.lineage.origin(value, before).source is not Source.MODEL
        or reckoned(value, case.statements.known(action.agent, before)) is not None
    )


def _near(case: Case, value: Value, before: int) -> tuple[Ref, str] | None:
    """What the value looks copied from wrongly: an id or a number that differs in a character, or in its power of ten."""
    if value.kind == "date":
        return None  # the day after is another day, no slip
    seen = case.lineage.misspelt(value, before + 1) or case.lineage.miscopied(value, before + 1)
    if seen is not None and seen.value.canon != value.canon:
        return case.ref((seen.span_id, seen.path), seen.value.raw), seen.value.raw
    said = case.statements.near(value, before)
    if said is not None:
        return case.ref((said.call.span.span_id, said.path), said.value.raw), said.value.raw
    return None


def _whole(leaf: Leaf) -> Value | None:
    """The value an argument is, when it is one value and nothing else."""
    found = telling(leaf)
    return found[0] if len(found) == 1 and found[0].raw.strip() == str(leaf.value).strip() else None


def _strength(case: Case, action: Action, value: Value, *, near_miss: bool) -> float:
    if near_miss:
        return 1.0
    if _confirmed(case, action, value):
        return 0.2
    return 0.4 if value.kind in ("number", "date") else 0.8  # these may be reckoned in a way nobody tried


def _confirmed(case: Case, action: Action, value: Value) -> bool:
    """True when a look-up knew the value: it stands in what came back. Agents are given such values outside the trace.

    What a declared change gives back repeats what it was told.
    """
    declared = action.span is not None and action.span.effect is not None
    if not action.ok or (declared and action.changes):
        return False
    is_a_field = any(leaf.value == value.raw for leaf in case.lineage.held(action))  # mostly, and then soon found
    return is_a_field or value.raw in text(action.result)


def _corrected(action: Action, leaf: Leaf, later: Action | None) -> bool:
    """True when the same tool last succeeded after this with another value."""
    if later is None or later.order <= action.order or not isinstance(later.arguments, dict):
        return False
    return bool(later.arguments.get(leaf.key, leaf.value) != leaf.value)


DETECTOR = Detector("ungrounded_argument", "An argument came from nowhere", Role.CAUSE, 6.0, find)
