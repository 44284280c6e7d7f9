"""Typed values in texts and structures: numbers, dates, e-mail addresses, URLs and ids, in one spelling each.

`12,844.80 USD` and `12844.8` are the same number; `20 November` and `2026-11-20` name the same day.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from whyspan_analysis.fields import dotted

Kind: TypeAlias = Literal["number", "date", "email", "url", "id", "text"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_VALUE = re.compile(
    rf"""
      (?P<url>https?://[^\s"'<>)\]}}]{{1,2000}})
    | (?P<email>(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{1,8}})
    | (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?)
    | (?P<dmy>\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m1>{_MONTH})\b\.?(?:,?\s(?P<y1>\d{{4}})(?!-?\d))?)
    | (?P<mdy>\b(?P<m2>{_MONTH})\.?\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<y2>\d{{4}})(?!-?\d))?)
    | (?P<id>(?<![\w-])(?=[\w-]{{0,63}}\d)(?=[\w-]{{0,63}}[^\W\d_])(?:\w[\w-]{{3,63}}|[^\W\d_]{{1,2}}[_-]?\d{{1,2}})(?![\w-]))
    | (?P<number>(?<![\w.,-])[-+]?(?:\d{{1,3}}(?:[,\u00a0\u202f']\d{{3}}){{1,6}}|\d{{1,30}})(?:\.\d{{1,30}})?(?![.,]?\d))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PROMISING = re.compile(r"\d|@|://")
"""Without one of these a text holds no value: most prose is passed over at once."""
_DIGITS = re.compile(r"\d+")
_SUFFIX = re.compile(r"^([^0]+0)[a-z]$")
_UNIT = re.compile(
    r"\s?(%|percent\b|[kKmM]?[Bb]\b|ms\b|s\b|seconds?\b|cents?\b|[kcm]m\b|kg\b|g\b|m\b|USD\b|EUR\b|GBP\b|CZK\b|[$€£])"
)
_SEPARATORS = str.maketrans("", "", ",\u00a0\u202f'+")
_COMPOUND = re.compile(r"(\d{1,6})-[a-z]+", re.IGNORECASE)  # `30-day` speaks of 30, it is no id
_BEFORE = re.compile(r"([$€£]|USD|EUR|GBP|CZK)\s?$")

MAX_TEXT = 200_000
"""Characters read of one text: a long document. What lies beyond is not indexed."""
MAX_LEAVES = 5_000
"""Leaves read from one result: a table of a thousand rows. What lies beyond is not indexed."""

SHORT, REMEMBERED = 64, 16_384
"""Length of the texts whose values are remembered, and how many of them: at most some megabytes."""
SHORTEST_ID = 4
"""Characters from which on a word of letters and digits is an id wherever it stands; a shorter one must be a whole value, see `subjects`."""
_SEQUENCES, _NUMBERS = (list, tuple), (int, float)


class Value(NamedTuple):
    """One typed value as it stood in a text. A tuple, like `Leaf`: a run has 100,000s, and a dataclass takes thrice as long."""

    kind: Kind
    canon: str
    """The spelling that equal values share; for dates `YYYY-MM-DD`, or `--MM-DD` where no year was given."""
    raw: str
    """As it was written."""
    unit: str = ""
    """`%`, a currency or a unit next to a number; empty where there is none."""

    @property
    def number(self) -> float | None:
        """The value as a number; None unless it is one."""
        return float(self.canon) if self.kind == "number" else None


_new = tuple.__new__
"""Makes a `Leaf` in half the time its own constructor takes."""


class Leaf(NamedTuple):
    """One scalar of a structure."""

    path: str
    key: str
    """The nearest name above it: `id` for `orders[2].id`; empty for a bare value."""
    value: Any


def leaves(value: Any, path: str) -> Iterator[Leaf]:
    """The scalars of a JSON-like value with their paths, in order, at most `MAX_LEAVES`."""
    waiting = [Leaf(path, "", value)]
    found = 0
    while waiting and found < MAX_LEAVES:
        leaf = waiting.pop()
        held = leaf[2]
        if isinstance(held, dict):
            at = leaf[0]
            waiting += [_new(Leaf, (at + dotted(name := str(k)), name, v)) for k, v in reversed(held.items())]
        elif isinstance(held, _SEQUENCES):
            at, key, _ = leaf
            waiting += [_new(Leaf, (f"{at}[{i}]", key, held[i])) for i in range(len(held) - 1, -1, -1)]
        elif held is not None:
            found += 1
            yield leaf


def of_scalar(scalar: Any) -> tuple[Value, ...]:
    """The typed values of one scalar: a number is itself, a text holds any number of them."""
    if isinstance(scalar, str):
        return _of_short(scalar) if len(scalar) <= SHORT else tuple(of_text(scalar))
    return _of_number(scalar) if isinstance(scalar, _NUMBERS) and not isinstance(scalar, bool) else ()


@lru_cache(maxsize=REMEMBERED)  # dates, states and names repeat from record to record
def _of_short(text: str) -> tuple[Value, ...]:
    return tuple(of_text(text))


@lru_cache(maxsize=REMEMBERED, typed=True)
def _of_number(number: float) -> tuple[Value, ...]:
    raw = repr(number)
    canon = raw if isinstance(number, int) else _number(raw)
    return (Value("number", canon, raw),) if canon is not None else ()


def of_text(text: str) -> Iterator[Value]:
    """The typed values in a text, in order."""
    if _PROMISING.search(text) is None:
        return
    for match in _VALUE.finditer(text[:MAX_TEXT]):
        kind = match.lastgroup
        raw = match[0]
        if kind == "id":
            compound = _COMPOUND.fullmatch(raw)
            yield Value("number", str(int(compound[1])), compound[1]) if compound else Value("id", raw.lower(), raw)
        elif kind == "iso":
            yield Value("date", raw[:10], raw[:10])
        elif kind == "dmy":
            yield _date(match["y1"], match["m1"], match["d1"], raw)
        elif kind == "mdy":
            yield _date(match["y2"], match["m2"], match["d2"], raw)
        elif kind == "url":
            raw = raw.rstrip(".,;")
            yield Value("url", raw.lower().rstrip("/"), raw)
        elif kind == "email":
            yield Value("email", raw.lower(), raw)
        elif kind == "number" and (canon := _number(raw)) is not None:
            after, before = (
                _UNIT.match(text, match.end()),
                _BEFORE.search(text[max(0, match.start() - 4) : match.start()]),
            )
            yield Value("number", canon, raw, (after or before or [""] * 2)[1])


def _number(raw: str) -> str | None:
    """The shortest plain spelling: `12,844.80` and `12844.8` are both `12844.8`."""
    try:
        number = Decimal(raw.translate(_SEPARATORS))
    except InvalidOperation:
        return None
    return f"{number.normalize():f}" if number.is_finite() else None


def _date(year: str | None, month: str, day: str, raw: str) -> Value:
    return Value("date", f"{year or '-'}-{_MONTHS[month.lower()]:02d}-{int(day):02d}", raw)


def sort_of(value: Value) -> str:
    """What ids of one sort share: `o-0` for `o-7`, `o-1234` and `o-12b`; ids with random letters are all of different sorts."""
    return _SUFFIX.sub(r"\1", _DIGITS.sub("0", value.canon))


def significand(canon: str) -> str:
    """The digits of a number without sign, point, and zeros at either end: equal for numbers a power of ten apart."""
    return canon.replace("-", "").replace(".", "").strip("0")


def is_small(value: Value) -> bool:
    """True for whole numbers below 10 and words like `A4` or `n-1`, which carry no evidence of where they came from."""
    if value.kind == "id":
        return len(value.canon) < SHORTEST_ID
    return value.kind == "number" and not value.unit and abs(float(value.canon)) < 10 and "." not in value.canon


def is_dense(word: str) -> bool:
    """True for two or more letters of a script that knows no case: 東京 says as much as a longer word, and no space need stand around it."""
    return len(word) >= 2 and word.isalpha() and word.upper() == word.lower()


def slips(text: str) -> Iterator[str]:
    """Keys that two texts of equal length share if they differ in one character, or in two neighbours that changed places."""
    for i in range(len(text)):
        yield f"{text[:i]}\0{text[i + 1 :]}"
        if i + 1 < len(text):
            yield f"{text[:i]}\0{min(text[i : i + 2])}{max(text[i : i + 2])}{text[i + 2 :]}"
