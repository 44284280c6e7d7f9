"""A tool gave zeros and empty texts where it should have known something: a default in the place of a result."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import leaves

_COUNTS = re.compile(r"count|total|num|rows|size|length|hits|found|offset", re.IGNORECASE)
"""Fields that are rightly zero when nothing was found."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a look-up that returned nothing but zeros, empty texts and its own arguments.

    A zero that counts what was not found is no default. Weaker where some fields are filled, or where only a number is
    zero and no other call of the tool shows that it could be another.
    """
    by_name: dict[str, list[Action]] = defaultdict(list)
    for action in case.actions:
        if action.ok:
            by_name[action.name].append(action)
    for action in case.actions:
        changes = action.span is not None and action.span.effect is not None and action.changes
        if not action.ok or changes or action.result_at is None or not isinstance(action.result, dict):
            continue
        blank, filled = _fields(action)
        if not blank or (filled and not _of_both_kinds(action, blank)):
            continue
        others = [each for each in by_name[action.name] if each is not action]
        elsewhere = (
            bool(others) and len(blank) > 1 and all(key not in _fields(each)[0] for each in others for key in blank)
        )
        strength = 1.0 if not filled and (elsewhere or _of_both_kinds(action, blank)) else 0.5
        yield detector.finding(
            action.span_id,
            f"`{action.name}` returned nothing but blanks in {', '.join(blank[:4])}.",
            case.action_refs(action),
            strength,
        )


def _fields(action: Action) -> tuple[list[str], list[str]]:
    """Names of the blank fields of a result and of the filled ones; what only repeats an argument is neither."""
    asked = {repr(leaf.value) for leaf in leaves(action.arguments, "")}
    blank: list[str] = []
    filled: list[str] = []
    for key, value in (action.result if isinstance(action.result, dict) else {}).items():
        if isinstance(value, dict | list):
            filled += [key] if value else []
        elif not (value is None or isinstance(value, bool) or repr(value) in asked or _is_count(key, value)):
            (filled if value else blank).append(key)
    return blank, filled


def _is_count(key: str, value: Any) -> bool:
    return value == 0 and isinstance(value, int) and _COUNTS.search(key) is not None


def _of_both_kinds(action: Action, blank: list[str]) -> bool:
    """True when a text and a number are blank: a record has seldom neither."""
    kinds = {isinstance(action.result[key], str) for key in blank}
    return kinds == {True, False}


DETECTOR = Detector("blank_result", "A tool returned blanks for a result", Role.CAUSE, 7.0, find)
