"""Reading values that may be anything: JSON or not, encoded twice, cut off, or of a type nobody expects.

Nothing here raises. What cannot be read comes back as the text it was, or as None where a column needs a type.
"""

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Any

_JSON_STARTS = ("{", "[", '"')
_DECODER = json.JSONDecoder(strict=False, parse_constant=str)
_WRAPS = frozenset({'"', "["})
_MAX_ENCODINGS = 3
_MAX_DEPTH = 200
_MAX_LITERAL = 10_000
_MAX_SCALAR = 1_000
_LITERAL = re.compile(r"(?:\{'.*\}|\[\{'.*\}\])\Z", re.DOTALL)
_MAX_COUNT = 10**12
_MAX_TAGS = 100
# What LangChain tags the parts of a chain or graph with: true of every run, and nobody's label.
_PLACE_IN_CHAIN = re.compile(r"(?:(?:seq|graph):step|map:key|condition|branch|langsmith):[\w.-]+\Z")


def parse(value: Any) -> Any:
    """The value a text stands for when it is JSON, also JSON inside a JSON string; else the value as it came.

    Bare numbers and words stay text, because a tool that answered `007` did not answer 7. NaN and Infinity become
    text: they are not JSON, and everything that is shown leaves as JSON. What is nested deeper than 200 levels stays
    text too, so that whoever walks the value need not fear for Python's stack of 1,000.
    """
    for _ in range(_MAX_ENCODINGS):
        if isinstance(value, bytes):
            value = value.decode("utf-8", "backslashreplace")
        if not isinstance(value, str) or not value.lstrip()[:1].startswith(_JSON_STARTS):
            return value
        try:
            parsed = _DECODER.decode(value)
        except (ValueError, RecursionError):
            return value
        if value.count("[") + value.count("{") > _MAX_DEPTH and _is_deep(parsed):
            return value
        value = parsed
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        inside = [each.values() if isinstance(each, dict) else each for each in level]
        level = [child for children in inside for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def parse_literal(value: Any) -> Any:
    """Like `parse`, and reads a Python dictionary, or a list of them, in `repr` form too, as tools get and give them."""
    value = parse(value)
    if not isinstance(value, str) or len(value) > _MAX_LITERAL or not _LITERAL.match(value):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def text(value: Any) -> str:
    """The text form of anything: a string as it is, the rest as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):
        return "(nested too deeply to show)"


def members(value: Any) -> dict[str, Any]:
    """The value when it is a JSON object or a map, else an empty one."""
    parsed = parse(value)
    return dict(parsed) if isinstance(parsed, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The value when it is a JSON array or a list, else an empty one."""
    parsed = parse(value)
    return list(parsed) if isinstance(parsed, list | tuple) else []


def first(value: Mapping[Any, Any], *names: str) -> Any:
    """The first member among `names` that is there and not None."""
    for name in names:
        found = value.get(name)
        if found is not None:
            return found
    return None


# --- scalars for columns ---------------------------------------------------------------------------------------


def as_text(value: Any) -> str | None:
    """A column's text: scalars only, a list by its first element, MLflow's and Langfuse's JSON quotes taken off."""
    if isinstance(value, str):
        if value[:1] in _WRAPS and len(value) < _MAX_SCALAR:
            return _unwrapped(value)
        return value or None
    if isinstance(value, list | tuple):
        return as_text(value[0]) if value and not isinstance(value[0], list | tuple) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None


def _unwrapped(value: str) -> str | None:
    """The word in a JSON string, or the first in a JSON array; a text that only looks like one stays as it is."""
    inner = value[1:-1]
    if value[0] == value[-1] == '"' and '"' not in inner and "\\" not in inner:
        return inner or None
    parsed = parse(value)
    return value or None if isinstance(parsed, str) and parsed == value else as_text(parsed)


def as_tags(value: Any) -> tuple[str, ...] | None:
    """A column's labels: those of a list, also of a JSON one, or of a text that separates them by commas."""
    parsed = parse(value)
    listed = parsed.split(",") if isinstance(parsed, str) else items(parsed)
    found = (tag.strip() for each in listed[:_MAX_TAGS] if (tag := as_text(each)))
    return tuple(dict.fromkeys(tag for tag in found if tag and not _PLACE_IN_CHAIN.match(tag))) or None


def as_count(value: Any) -> int | None:
    """A column's count: a whole number from 0 to 10^12, also as text or as a float; anything else is no count."""
    if isinstance(value, str):
        value = value.strip()
        if len(value) > 13 or not (value.isascii() and value.isdigit()):
            return None
        return as_count(int(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if 0 <= value <= _MAX_COUNT else None


def as_amount(value: Any) -> float | None:
    """A column's amount of money: finite and not negative."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
