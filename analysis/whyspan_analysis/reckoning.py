"""How a number an agent states follows from what that agent knew: sums of columns over pages, shares, rates, a + b - c.

Wider than `derivation`, which looks at one result at a time, and narrower: only what the agent itself had before it counts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from operator import mul
from typing import TypeAlias

from whyspan_analysis.values import Value, significand

_Way: TypeAlias = tuple[float, tuple[float, ...]]
"""A number and what it is reckoned from."""

MAX_NUMBERS = 60
"""Numbers tried in pairs with the latest ones, latest first: a few pages of a listing."""
MAX_RECENT = 6
"""Numbers of the last results tried with all others in pairs, and with one another in threes."""
MAX_PARTS, MAX_RATES = 5, 3
"""Stated parts of a total, and rates each may have been converted with: 5 to the power of 5 totals, for each may be left out."""

MIN_DIGITS = 4
"""Digits of a number whose likeness to another is no accident."""

_SUMMED = re.compile(r"total|sum|balance", re.IGNORECASE)
"""Fields that hold a sum themselves."""
_COUNTED = re.compile(r"count|rows|items|number|pages", re.IGNORECASE)
"""Fields that say how many, and are no amount."""


@dataclass(frozen=True, slots=True)
class Known:
    """The numbers an agent could reckon with at one moment, oldest first."""

    results: Sequence[dict[str, list[float]]]
    """For each result: field -> its numbers, and `field where other=value` -> those of some rows that say so."""
    told: Sequence[float]
    """From its instructions, its task and its users."""
    stated: Sequence[float]
    """What it said itself before."""

    def singles(self) -> list[float]:
        """All numbers, the latest last, without the sums over some rows."""
        seen = [
            number
            for result in self.results
            for key, column in result.items()
            if " where " not in key
            for number in column
        ]
        return list(dict.fromkeys([*self.told, *seen, *self.stated]))


def reckoned(value: Value, known: Known) -> tuple[float, ...] | None:
    """The numbers it follows from; None when no tried way gives it, within the rounding it was written with."""
    target, slack = float(value.canon), _slack(value)
    return next((way[1] for way in _ways(known) if _is(target, slack, way)), None)


def left_out(value: Value, known: Known) -> float | None:
    """The one number of a column that is missing from a sum: 90 of [40, 50, 60] lacks 60. None when it is no such sum.

    Read only for numbers of four or more digits: a shorter one is some such sum by chance.
    """
    target, slack = float(value.canon), _slack(value)
    if sum(char.isdigit() for char in value.canon) < MIN_DIGITS or any(
        _is(target, slack, way) for way in (*_of_all(known), *_of_last_stated(known))
    ):
        return None
    for _, block in _blocks(known):
        if len(block) > 2 and (missing := sum(block) - target) > slack:
            found = next((number for number in block if abs(number - missing) <= slack), None)
            if found is not None:
                return found
    return None


def scaled(value: Value, known: Known) -> float | None:
    """What it would be on the right scale: 20607 for 206.07, where that follows and the number itself does not. None otherwise.

    Read only for four or more digits, like `left_out`, and for the factors of cents, thousands and percent.
    """
    if len(significand(value.canon)) < MIN_DIGITS:
        return None
    for factor in (0.01, 100.0, 0.001, 1000.0):
        target, slack = float(value.canon) * factor, _slack(value) * factor
        if any(_is(target, slack, way) for way in chain(_of_all(known), _of_last_stated(known), _of_two(known))):
            return target
    return None


def one_of(value: Value, known: Known) -> list[float] | None:
    """The column that a number is only one term, the mean, or the length of, where it is no sum of what was read or said last. None otherwise.

    It is taken for the length only where it was written with decimals, as an amount: 4.00 for four rows.
    """
    target, slack = float(value.canon), _slack(value)
    amounts = ((sum(block), ()) for key, block in _blocks(known) if not ("." in value.raw and _COUNTED.search(key)))
    sums = chain(amounts, _of_last_stated(known))
    if any(abs(number - target) <= slack for number in known.told) or any(_is(target, slack, way) for way in sums):
        return None
    for key, block in _blocks(known):
        if len(block) > 1 and " where " not in key and not _SUMMED.search(key):
            terms = (*block, sum(block) / len(block), *([float(len(block))] if "." in value.raw else ()))
            if any(abs(number - target) <= slack for number in terms):
                return block
    return None


def _is(target: float, slack: float, way: _Way) -> bool:
    return abs(abs(way[0]) - abs(target)) <= slack


def _slack(value: Value) -> float:
    """Half a unit of the last decimal it was written with, and what adding up rounded parts may cost."""
    decimals = len(value.raw.partition(".")[2])
    return (0.51 * 10.0**-decimals if decimals else 0.0) + 1e-9 * abs(float(value.canon))


def _ways(known: Known) -> Iterator[_Way]:
    yield from _of_all(known)
    yield from _of_stated(known)
    yield from _of_two(known)
    yield from _of_three(known)


def _of_all(known: Known) -> Iterator[_Way]:
    for _, block in _blocks(known):
        total = sum(block)
        for number in (total, float(len(block)), total / len(block)):
            yield number, tuple(block)


def _blocks(known: Known) -> Iterator[tuple[str, list[float]]]:
    """The columns of the last result, of the last two, and so on: pages of one listing follow each other."""
    for key in dict.fromkeys(key for result in reversed(known.results) for key in result):
        block: list[float] = []
        for result in reversed(known.results):
            if key in result:
                block = [*result[key], *block]
                yield key, block


def _of_stated(known: Known) -> Iterator[_Way]:
    """Totals of the parts stated last, each taken as it is, at one of the rates that were looked up, or left out."""
    parts, rates = _parts(known)
    return _totals(parts, (0.0, 1.0, *rates))


def _of_last_stated(known: Known) -> Iterator[_Way]:
    """Totals of the last part stated, of the last two, and so on: none between is left out."""
    parts, rates = _parts(known)
    for first in range(len(parts)):
        yield from _totals(parts[first:], (1.0, *rates))


def _parts(known: Known) -> tuple[list[float], list[float]]:
    """The parts of a total that were stated last, and the rates they may have been converted with."""
    singles = (column[0] for result in known.results for column in result.values() if len(column) == 1)
    rates = list(dict.fromkeys(number for number in singles if 0 < abs(number) < 1000 and number != int(number)))
    return [number for number in known.stated if weighty(number)][-MAX_PARTS:], rates[-MAX_RATES:]


def _totals(parts: Sequence[float], factors: Sequence[float]) -> Iterator[_Way]:
    for chosen in product(factors, repeat=len(parts)):
        terms = tuple(part for part, factor in zip(parts, chosen, strict=True) if factor)
        yield sum(map(mul, parts, chosen)), terms


def _of_two(known: Known) -> Iterator[_Way]:
    every = known.singles()[-MAX_NUMBERS:]
    for a, b in product(_latest(known), every):
        for number in (
            a + b,
            a - b,
            a * b,
            a * (100 - b) / 100,
            b * (100 - a) / 100,
            a * (100 + b) / 100,
            b * (100 + a) / 100,
        ):
            yield number, (a, b)
        yield a * b / 100, (a, b)
        for x, y in ((a, b), (b, a)):
            if y:
                yield x / y, (a, b)
                if abs(x) <= abs(y):
                    yield 100 * x / y, (a, b)


def _of_three(known: Known) -> Iterator[_Way]:
    for terms in combinations(_latest(known), 3):
        a, b, c = terms
        for number in (a + b + c, a + b - c, a - b + c, b + c - a, a * b * c, a * b + c, a * c + b, b * c + a):
            yield number, terms


def _latest(known: Known) -> list[float]:
    """Of each kind the last few: a number is mostly reckoned from what was just read or said."""
    recent = [
        number
        for result in known.results[-3:]
        for key, column in result.items()
        if " where " not in key
        for number in column[:4]
    ]
    return list(dict.fromkeys([*known.told[-3:], *known.stated[-3:], *recent[-MAX_RECENT:]]))


def columns(fields: Iterable[tuple[str, str, object]]) -> dict[str, list[float]]:
    """The numbers of a result by field, and by what another field of the same record says.

    Args:
        fields: (path of the record, name of the field, value) of every scalar of the result.
    """
    records: dict[str, dict[str, object]] = {}
    for holder, key, value in fields:
        records.setdefault(holder, {})[key] = value
    said = Counter(
        (key, value) for record in records.values() for key, value in record.items() if isinstance(value, str)
    )
    found: dict[str, list[float]] = {}
    for record in records.values():
        alike = [
            f" where {key}={value}"
            for key, value in record.items()
            if isinstance(value, str) and 1 < said[key, value] < len(records)
        ]
        for key, number in record.items():
            if isinstance(number, int | float) and not isinstance(number, bool):
                for suffix in ("", *alike):
                    found.setdefault(f"{key}{suffix}", []).append(float(number))
    return found


def weighty(number: float) -> bool:
    """True for numbers of three or more digits: shorter ones stand everywhere by chance."""
    return len(significand(repr(number))) >= 3
