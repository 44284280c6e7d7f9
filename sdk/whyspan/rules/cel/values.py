"""What operators do with values at run time, with CEL's meaning where Python's differs."""

import math
from collections.abc import Callable
from typing import Any, Final

from whyspan.rules.cel.errors import NoAnswer
from whyspan.rules.cel.types import type_of

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def equal(one: Any, other: Any) -> bool:
    """CEL's `==`: values of two types are unequal, numbers are compared as numbers, lists and maps by what they hold."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    return type_of(one) == type_of(other) and bool(one == other)


def contained(value: Any, container: Any) -> bool:
    """CEL's `in`: among the items of a list, or the keys of a map."""
    if isinstance(container, list | tuple):
        return any(equal(value, item) for item in container)
    if isinstance(container, dict):
        return isinstance(value, str) and value in container
    raise _unfit("in", value, container)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(operator: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(one: Any, other: Any) -> bool:
        if (_is_number(one) and _is_number(other)) or (type_of(one) == type_of(other) and isinstance(one, str | bool)):
            return compare(one, other)
        raise _unfit(operator, one, other)

    return compared


def _unfit(operator: str, one: Any, other: Any) -> NoAnswer:
    return NoAnswer(f"{type_of(one)} {operator} {type_of(other)} has no meaning")


def _whole(number: int) -> int:
    if not _LOWEST <= number <= _HIGHEST:
        raise NoAnswer("a whole number beyond 64 bits")
    return number


def _numbers(operator: str, one: Any, other: Any, of_ints: Callable[[int, int], int], of_doubles: Any) -> Any:
    if isinstance(one, bool) or isinstance(other, bool):
        raise _unfit(operator, one, other)
    if isinstance(one, int) and isinstance(other, int):
        return _whole(of_ints(one, other))
    if isinstance(one, float) and isinstance(other, float) and of_doubles is not None:
        return of_doubles(one, other)
    raise _unfit(operator, one, other)


def _add(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return [*one, *other]
    return _numbers("+", one, other, lambda a, b: a + b, lambda a, b: a + b)


def _quotient(one: int, other: int) -> int:
    if other == 0:
        raise NoAnswer("division by zero")
    whole = abs(one) // abs(other)
    return whole if (one < 0) == (other < 0) else -whole


def _ratio(one: float, other: float) -> float:
    if other == 0.0:
        if one == 0.0 or math.isnan(one):
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1.0, other)
    return one / other


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": equal,
    "!=": lambda one, other: not equal(one, other),
    "in": contained,
    "<": _ordered("<", lambda a, b: a < b),
    "<=": _ordered("<=", lambda a, b: a <= b),
    ">": _ordered(">", lambda a, b: a > b),
    ">=": _ordered(">=", lambda a, b: a >= b),
    "+": _add,
    "-": lambda one, other: _numbers("-", one, other, lambda a, b: a - b, lambda a, b: a - b),
    "*": lambda one, other: _numbers("*", one, other, lambda a, b: a * b, lambda a, b: a * b),
    "/": lambda one, other: _numbers("/", one, other, _quotient, _ratio),
    "%": lambda one, other: _numbers("%", one, other, lambda a, b: a - b * _quotient(a, b), None),
}
"""Binary operators other than `&&` and `||`, which look at their right side only where they must."""


def negated(value: Any) -> Any:
    """CEL's unary minus."""
    if isinstance(value, float):
        return -value
    if isinstance(value, int) and not isinstance(value, bool):
        return _whole(-value)
    raise NoAnswer(f"-{type_of(value)} has no meaning")


def size(value: Any) -> int:
    """Characters of a text, items of a list, keys of a map."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise NoAnswer(f"size({type_of(value)}) has no meaning")


def to_int(value: Any) -> int:
    """CEL's `int()`: a double loses its fraction, a text must be a whole number."""
    if _is_number(value) and not (isinstance(value, float) and not math.isfinite(value)):
        return _whole(int(value))
    if isinstance(value, str) and value.removeprefix("-").isascii() and value.removeprefix("-").isdigit():
        return _whole(int(value)) if len(value) < 25 else _whole(2**64)
    raise NoAnswer(f"int() of {value!r:.40}")


def to_double(value: Any) -> float:
    """CEL's `double()`."""
    if _is_number(value) or (isinstance(value, str) and value.strip() == value and "_" not in value):
        try:
            return float(value)
        except ValueError:
            pass
    raise NoAnswer(f"double() of {value!r:.40}")


def to_string(value: Any) -> str:
    """CEL's `string()` of a number, a truth value or a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int | str):
        return str(value)
    raise NoAnswer(f"string({type_of(value)}) has no meaning")
