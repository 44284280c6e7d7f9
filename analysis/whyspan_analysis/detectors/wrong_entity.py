"""An action was carried out on somebody else's record: its id came from a record that is not the one asked about."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.lineage import Observation, Source
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import identifies
from whyspan_analysis.values import REMEMBERED, Leaf, leaves, of_scalar

_OWNER = re.compile(
    r"customer|user|owner|e-?mail|account|member|client|buyer|passenger|patient|tenant|holder|guest|employee|login",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Record:
    """One object of a result, with what its containers say of all they hold."""

    order: int
    span_id: str
    fields: dict[str, Leaf] = field(default_factory=dict)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when an argument identifies a record whose owner differs from the one the task names.

    The owner counts as different only if the task names another value that some record holds in the same field: the
    trace itself then shows the record that was meant.
    """
    if not case.lineage.task_known:
        return
    meant = _meant(case)
    if not meant:
        return
    by_value = _by_value(case)
    wrong: dict[str, tuple[Action, Leaf, _Record, Leaf, Leaf]] = {}
    for action in case.actions:
        for leaf in leaves(action.arguments, action.arguments_at[1] if action.arguments_at is not None else ""):
            found = _other_owner(case, action, leaf, by_value, meant)
            if found is not None and (text(leaf.value) not in wrong or _weighs(action)):
                wrong[text(leaf.value)] = (action, leaf, *found)
    for action, leaf, record, owner, wanted in wrong.values():
        at = action.arguments_at[0] if action.arguments_at is not None else action.span_id
        refs = [case.ref((at, leaf.path)), case.ref((record.span_id, owner.path))]
        refs += [case.ref((record.span_id, held.path)) for held in record.fields.values() if held.value == leaf.value]
        yield detector.finding(
            case.chosen_first({text(leaf.value).casefold()}, action),
            f"`{action.name}` was called for {leaf.key} {leaf.value}, which belongs to {owner.value}, not to {wanted.value}.",
            refs,
            origin_span_id=record.span_id,
        )


def _meant(case: Case) -> dict[str, Leaf]:
    """Name of a field that tells the owner -> the first such field whose value the task names; only where another has a value it does not."""
    meant: dict[str, Leaf] = {}
    others: set[str] = set()
    settled: set[str] = set()
    given: dict[tuple[type, Any], bool] = {}
    for observation in case.lineage.observations:
        for leaf in observation.leaves:
            if leaf.key in settled:
                continue
            if _OWNER.search(leaf.key) is None:
                settled.add(leaf.key)
                continue
            scalar = (type(leaf.value), leaf.value)
            if scalar not in given:
                given[scalar] = _given(case, leaf.value)
            if given[scalar]:
                meant.setdefault(leaf.key, leaf)
            else:
                others.add(leaf.key)
            if leaf.key in meant and leaf.key in others:
                settled.add(leaf.key)
    return {key: leaf for key, leaf in meant.items() if key in others}


def _by_value(case: Case) -> dict[str, list[_Record]]:
    """Value some later action was called for -> the records that hold it, in order."""
    asked: dict[str, int] = {}
    for action in case.actions:
        for leaf in leaves(action.arguments, ""):
            if identifies(leaf.key):
                named = _folded(leaf.value)
                asked[named] = max(asked.get(named, 0), action.order)
    found: dict[str, list[_Record]] = defaultdict(list)
    for observation in case.lineage.observations:
        keys = {leaf.key for leaf in observation.leaves if asked.get(_folded(leaf.value), 0) > observation.order}
        for record in _records(observation) if keys else ():
            for named in {_folded(record.fields[key].value) for key in keys & record.fields.keys()} & asked.keys():
                found[named].append(record)
    return found


@lru_cache(maxsize=REMEMBERED, typed=True)  # a record is asked for as often as it holds fields
def _folded(value: Any) -> str:
    return text(value).casefold()


def _weighs(action: Action) -> bool:
    """True for actions that leave a mark: of several on one record, they are the ones to speak of."""
    return action.span is not None and action.span.effect in ("reversible", "irreversible", "external")


def _records(observation: Observation) -> list[_Record]:
    found: dict[str, _Record] = {}
    for leaf in observation.leaves:
        if not leaf.key:
            continue
        holder = leaf.path[: leaf.path.rfind("]") + 1]
        if holder not in found:
            outer = found.get(holder[: holder.rfind("]", 0, -1) + 1])
            found[holder] = _Record(observation.order, observation.span_id, dict(outer.fields) if outer else {})
        found[holder].fields[leaf.key] = leaf
    return list(found.values())


def _given(case: Case, value: Any) -> bool:
    """True when the task, or whoever gave it, named this value."""
    typed = next(iter(of_scalar(value)), None)
    if typed is not None and typed.raw == str(value):
        return any(seen.source is Source.GIVEN for seen in case.lineage.sightings(typed, 1 << 60))
    return isinstance(value, str) and case.lineage.told(value)


def _other_owner(
    case: Case, action: Action, leaf: Leaf, by_value: dict[str, list[_Record]], meant: dict[str, Leaf]
) -> tuple[_Record, Leaf, Leaf] | None:
    """(record, its owner, the owner that was meant) when the argument identifies somebody else's record."""
    if not identifies(leaf.key) or isinstance(leaf.value, bool) or _given(case, leaf.value):
        return None
    visible = [r for r in by_value.get(_folded(leaf.value), ()) if r.order < action.order]
    for record in reversed(visible):
        owners = [
            (key, owner) for key, owner in record.fields.items() if _OWNER.search(key) and owner.value != leaf.value
        ]
        if any(_given(case, owner.value) for _, owner in owners):
            return None
        for key, owner in owners:
            if key in meant:
                return record, owner, meant[key]
    return None


DETECTOR = Detector("wrong_entity", "The wrong record was acted on", Role.CAUSE, 8.0, find)
