"""The values of a filter: patterns, numbers with units, ages and dates, each checked against its field."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from whyspan_collector.filter.fields import Field

_LARGEST_NS: Final = 2**64 - 1
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_THOUSANDS: Final = {"": 1, "k": 10**3, "m": 10**6}
_COMPARABLE: Final = ("number", "dollars", "duration")


class WrongValue(ValueError):
    """The field does not take this value or comparison."""


def read_value(field: Field, operator: str, text: str, now_ns: int, *, is_quoted: bool) -> Any:
    """Checks and converts what stands behind a field's colon.

    Returns:
        a pattern of LIKE (`name`, `contained`), the word (`choice`), a number, or nanoseconds.

    Raises:
        WrongValue: with the reason.
    """
    if operator != "=" and field.kind not in _COMPARABLE:
        raise WrongValue(f"{field.name} cannot be compared with {operator}; write {field.name}:VALUE")
    return _READERS[field.kind](field, text, now_ns, is_quoted)


def like(text: str, *, is_quoted: bool) -> str:
    """The pattern of LIKE, with a backslash as escape, that a value means: outside quotes `*` stands for anything."""
    pattern = re.sub(r"([\\%_])", r"\\\1", storable(text))
    return pattern if is_quoted else pattern.replace("*", "%")


def phrase(text: str, *, is_quoted: bool) -> str:
    """The words to search for; outside quotes a `*` at the end means words that begin so."""
    return storable(text.rstrip("*") if is_quoted else text)


def storable(text: str) -> str:
    """The text with what no column can hold, lone surrogates, replaced."""
    return text.encode(errors="surrogatepass").decode(errors="replace")


def moment_ns(text: str, now_ns: int) -> int:
    """`90m`, `24h`, `7d`, `2w` back from now, or an ISO 8601 date or time, UTC unless it says otherwise.

    Returns:
        nanoseconds since the epoch, no less than 0.

    Raises:
        WrongValue: it is neither.
    """
    if age := re.fullmatch(r"([0-9]{1,9})([smhdw])", text):
        return max(0, now_ns - int(age[1]) * int(_SECONDS[age[2]]) * 10**9)
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise WrongValue(f"{text!r} is neither an age such as 24h or 7d nor a date such as 2026-11-22") from None
    return min(max(0, round(seconds) * 10**9), _LARGEST_NS)


def _choice(field: Field, text: str) -> str:
    if text.lower() not in field.choices:
        raise WrongValue(f"{field.name} is one of {', '.join(field.choices)}, not {text!r}")
    return text.lower()


def _number(field: Field, text: str) -> float:
    found = re.fullmatch(r"\$?([0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})([km]?)", text, re.IGNORECASE)
    if found is None or (text[0] == "$" and field.kind != "dollars"):
        raise WrongValue(f"{field.name} is compared with a number such as {field.name}>10, not with {text!r}")
    return float(found[1]) * _THOUSANDS[found[2].lower()]


def _duration(field: Field, text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)", text)
    if found is None:
        raise WrongValue(f"{field.name} is compared with a time such as 300ms, 5s, 2m or 1h, not with {text!r}")
    return round(float(found[1]) * _SECONDS[found[2]] * 1e9)


_READERS: Final[dict[str, Callable[[Field, str, int, bool], Any]]] = {
    "name": lambda _, text, __, is_quoted: like(text, is_quoted=is_quoted),
    "contained": lambda _, text, __, is_quoted: f"%{like(text, is_quoted=is_quoted)}%",
    "choice": lambda field, text, _, __: _choice(field, text),
    "number": lambda field, text, _, __: _number(field, text),
    "dollars": lambda field, text, _, __: _number(field, text),
    "duration": lambda field, text, _, __: _duration(field, text),
    "since": lambda _, text, now_ns, __: moment_ns(text, now_ns),
    "before": lambda _, text, now_ns, __: moment_ns(text, now_ns),
    "text": lambda _, text, __, is_quoted: phrase(text, is_quoted=is_quoted),
}
"""Kind of a field -> what reads its value: (field, text, now, quoted)."""
