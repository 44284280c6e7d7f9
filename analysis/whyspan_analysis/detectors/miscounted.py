"""A turn says how many there are in the listing it has just read, and it is no count of them, though next to one."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import join
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import of_scalar

LEAST = 5
"""Records of the smallest listing that is counted, and the smallest number read as a count: lower ones come out by chance."""
NEAR = 2
"""How far the number may be from the nearest count: beyond it is about something else."""
MAX_RECORDS = 1_000
"""Records counted of one listing."""

_CLAIM = re.compile(
    r"\b(?:there (?:are|were)|(?:we|you|i|it|they|which) (?:have|has|found|offers?|lists?|contains?|includes?|shows?)|found|total of)\b"
    r"[^.;!?\n\d]{0,40}?(?<![\w.,$€£#-])(?P<count>\d{1,4})(?![\w%]|[.,:/-]\d)\**\s+(?P<things>[a-z][\w -]{2,60})",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|percent|points?|dollars?|euros?|stars?|times|miles?|km|kg|grams?)\b",
    re.IGNORECASE,
)
"""Words after a number that measures and does not count."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where the number is neither the listing's length, nor how many of it share one value or two, nor seen anywhere."""
    for call in case.calls:
        for path, words in call.texts:
            for match in _CLAIM.finditer(words):
                count = int(match["count"])
                if count < LEAST or _MEASURE.match(match["things"]) or _seen(case, count, call.order + 1):
                    continue
                action = _last_read(case, call.order)
                if action is None or action.result_at is None:
                    continue
                for at, records in _listings(action.result, action.result_at[1]):
                    counts = _counts(records)
                    near = min(counts, key=lambda known: abs(known - count))
                    if 0 < abs(near - count) <= NEAR:
                        yield detector.finding(
                            case.decided_at(call),
                            f"The agent said “{match[0]}”, but `{action.name}` had returned {len(records)}, {near} {counts[near]}.",
                            [case.ref((call.span.span_id, path), match[0]), case.ref((action.result_at[0], at))],
                            origin_span_id=action.span_id,
                        )


def _seen(case: Case, count: int, before: int) -> bool:
    """True when it was given or observed."""
    return any(case.lineage.sightings(value, before) for value in of_scalar(count))


def _last_read(case: Case, before: int) -> Action | None:
    """The action whose result came last."""
    known = (each.action for each in reversed(case.lineage.observations) if each.order < before)
    return next(known, None)


def _listings(value: Any, path: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The listings in a result: lists of records, and records under their ids."""
    held = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    records = [each for _, each in held if isinstance(each, dict)]
    if LEAST <= len(records) == len(held) <= MAX_RECORDS:
        yield path, records
        return
    for key, each in held[:MAX_RECORDS]:
        yield from _listings(each, join(path, key))


def _counts(records: list[dict[str, Any]]) -> dict[int, str]:
    """How many records there are in all, with one value, and with two: count -> in words."""
    said = [frozenset(_flat(record)) for record in records]
    every = Counter(value for values in said for value in values)
    pairs = Counter(
        pair for values in said for pair in combinations(sorted(v for v in values if every[v] < len(records)), 2)
    )
    found = {number: f"with {a[0]} {a[1]} and {b[0]} {b[1]}" for (a, b), number in pairs.items()}
    found |= {number: f"with {key} {value}" for (key, value), number in every.items()}
    return found | {len(records): "in all"}


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from ((k, str(v)) for k, v in value.items() if isinstance(v, str | int | float))
        elif isinstance(value, str | int | float):
            yield key, str(value)


DETECTOR = Detector("miscounted", "What a listing holds was counted wrongly", Role.CAUSE, 8.0, find)
