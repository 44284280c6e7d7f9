"""A constraint of the task was known and then broken, or never looked at again."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import Constraint, content_words, read_constraints
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import Leaf, Value, leaves, of_scalar

_AMOUNT = re.compile(
    r"amount|price|cost|total|fare|rate|value|sum|fee|charge|paid|budget|nightly|quantity", re.IGNORECASE
)
_DAY = re.compile(r"date|day|deliver|depart|arriv|check_?(?:in|out)|due|start|end|when|until|eta", re.IGNORECASE)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on an action whose arguments, or the record it is about, break a bound, a ban or a requirement."""
    constraints = read_constraints(case.run, case.steps)
    if not constraints:
        return
    for action in case.actions:
        if action.arguments_at is None:
            continue
        span_id, path = action.arguments_at
        own = [(span_id, leaf) for leaf in leaves(action.arguments, path)]
        for constraint in constraints:
            if (broken := _broken(constraint, action, own + list(_record(case, action)))) is not None:
                at_span, leaf = broken
                refs = [
                    case.ref((at_span, leaf.path)),
                    Ref(constraint.span_id, constraint.path, _quote(case, constraint)),
                ]
                yield detector.finding(
                    case.chooser(action),
                    f"`{action.name}` went ahead with {leaf.key} {text(leaf.value)}, against “{constraint.text}”.",
                    refs,
                    recovered=_done_again(case, action),
                )


def _quote(case: Case, constraint: Constraint) -> str | None:
    return case.ref((constraint.span_id, constraint.path), constraint.text).quote


def _done_again(case: Case, action: Action) -> bool:
    return any(other.order > action.order and other.name == action.name and other.ok for other in case.actions)


def _record(case: Case, action: Action) -> Iterator[tuple[str, Leaf]]:
    """What earlier results say of the thing an effective action is about: the object that holds its id.

    Reads are left out: looking at a thing that breaks a constraint breaks nothing.
    """
    if action.span is None or action.span.effect in (None, "pure-read", "volatile-read"):
        return
    targets = {text(leaf.value) for leaf in leaves(action.arguments, "arguments") if _identifies(leaf)}
    for observation in case.lineage.observations:
        if observation.order >= action.order:
            continue
        holders = {
            _holder(leaf)
            for leaf in observation.leaves
            if leaf.key and text(leaf.value) in targets and _identifies(leaf)
        }
        for leaf in observation.leaves:
            if _holder(leaf) in holders and leaf.key:
                yield observation.span_id, leaf


def _holder(leaf: Leaf) -> str:
    return leaf.path[: leaf.path.rfind("]") + 1]


def _identifies(leaf: Leaf) -> bool:
    return re.search(r"(?:^|_)(?:id|no|number|ref|code|name|sku)$", leaf.key, re.IGNORECASE) is not None


def _broken(constraint: Constraint, action: Action, known: list[tuple[str, Leaf]]) -> tuple[str, Leaf] | None:
    """Where the constraint is broken: the leaf that shows it."""
    for span_id, leaf in known:
        if constraint.bound is not None:
            if _beyond(constraint, leaf):
                return span_id, leaf
        elif isinstance(leaf.value, bool):
            named = set(content_words(leaf.key.replace("_", " ")))
            if named and named <= constraint.words and leaf.value is (constraint.form == "forbidden"):
                return span_id, leaf
        elif constraint.form == "forbidden" and isinstance(leaf.value, str):
            said = set(content_words(f"{leaf.value} {leaf.key}".replace("_", " ")))
            own = set(content_words(text(leaf.value).replace("_", " ")))
            if own and own <= constraint.words and len(said & constraint.words) >= 2:
                return span_id, leaf
    return None


def _beyond(constraint: Constraint, leaf: Leaf) -> bool:
    bound = constraint.bound
    value = next(iter(of_scalar(leaf.value)), None)
    if bound is None or value is None or value.kind != bound.kind or value.raw != str(leaf.value)[: len(value.raw)]:
        return False
    if not (_AMOUNT if bound.kind == "number" else _DAY).search(leaf.key):
        return False
    one, other = _comparable(value), _comparable(bound)
    return one > other if constraint.form == "at most" else one < other


def _comparable(value: Value) -> float:
    if value.kind == "number":
        return float(value.canon)
    return float(re.sub(r"\D", "", value.canon[-5:]))  # month and day: a year is seldom given on both sides


DETECTOR = Detector("lost_constraint", "A constraint was lost", Role.CAUSE, 5.0, find)
