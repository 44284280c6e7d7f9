"""Any Python value as text that a span can carry: bounded, always valid JSON and UTF-8, marked where something was lost.

Everything an agent's program hands to the SDK passes through here, and nowhere else, before it reaches a span.
"""

import dataclasses
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from json import encoder
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any, TypeGuard, TypeVar
from uuid import UUID

T = TypeVar("T")

TEXT_LIMIT = 250_000
"""Characters of content of one attribute. 128 spans of that size, one export, stay near OTLP/HTTP's usual 64 MiB."""
ATTRIBUTE_LIMIT = 3 * TEXT_LIMIT
"""Characters of an attribute as it is sent: JSON of that content is shorter, so that only what others wrote is cut here."""
QUOTE_LIMIT = 500
"""Characters of a quote in a piece of evidence: enough to recognise it, it is stored in full elsewhere."""
_SHOWN_LIMIT = 100
_DEPTH_LIMIT = 32
_ITEMS_LIMIT = 1000
"""Items taken from what is neither a list nor a tuple, and may never end."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)
# JSONEncoder.encode() makes one of these for every call, which costs as much as a small value itself
_ENCODER: Callable[[Any, int], Iterable[str]] = (
    encoder.c_make_encoder(  # type: ignore[attr-defined]
        None, _JSON.default, encoder.encode_basestring, None, ": ", ", ", *(False,) * 3
    )
    if getattr(encoder, "c_make_encoder", None)
    else lambda value, _: _JSON.iterencode(value)
)
_TEXTUAL = (date, time, timedelta, Decimal, UUID, PurePath)
_SEQUENCES = (list, tuple, set, frozenset)
_CONTAINERS = frozenset({dict, list, tuple})
_SCALARS = frozenset({str, int, float, bool, type(None)})
_DATA = (type(None), bool, int, float, str, bytes, bytearray, memoryview, Enum, Mapping, *_TEXTUAL, *_SEQUENCES)


def to_json(value: object, limit: int = TEXT_LIMIT) -> str:
    """JSON for any value, valid whatever the value is, with about `limit` characters of content and twice that in all.

    What JSON cannot say becomes a text that says so: `"[whyspan: cyclic list]"`, `"[whyspan: Connection]"`.
    """
    try:
        if _fits(value, limit) and len(text := _encode(value)) <= 2 * limit:
            return _utf8(text)
    except (
        TypeError,
        ValueError,
        RuntimeError,
    ):  # NaN, 4,300 digits, nested too deep, a dict that another thread changes
        pass
    text = _encode(_Walk(limit).plain(value, ()))
    return (
        text if len(text) <= max(2 * limit, 10_000) else _encode(_Walk(limit // 4).plain(value, ()))
    )  # \u0001 and such


def rows_json(rows: list[dict[str, Any]]) -> str:
    """The same for a few rows of texts that are bounded already, which need no look at each before."""
    try:
        if len(text := _encode(rows)) <= TEXT_LIMIT:
            return _utf8(text)
    except (TypeError, ValueError, RuntimeError):  # an option's label or score is whatever the program made it
        pass
    return to_json(rows)


def to_text(value: object, limit: int = TEXT_LIMIT) -> str:
    """A string as it is, any other value as JSON; cut and marked beyond `limit` characters."""
    if type(value) is str and len(value) <= limit and value.isascii():
        return value
    text = value if is_a(value, str) else to_json(value, limit)
    return cut(_utf8(str.__str__(text)), limit)


def shown(value: object) -> str:
    """A value in a message to people: short, in quotes where it is a text."""
    return f"'{to_text(value, _SHOWN_LIMIT)}'" if is_a(value, str) else to_text(value, _SHOWN_LIMIT)


def _encode(value: Any) -> str:
    return "".join(_ENCODER(value, 0))


def cut(text: str, limit: int) -> str:
    """The text, or its first `limit` characters and how many there were."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}[whyspan: cut, {len(text)} characters]"


def _fits(value: Any, limit: int) -> bool:
    """True for a tree of nothing but JSON's own types with `limit` characters in it at most.

    A value that contains itself uses up any budget, so this ends, and the encoder need not look for cycles.
    """
    found: list[Any] = [(value,)]
    limit += 4
    for container in found:
        limit -= 4 * len(container)
        if limit < 0:
            return False
        if type(container) is dict:
            limit -= len("".join(container))  # TypeError for a key that is no text
            container = container.values()  # noqa: PLW2901 - one loop for all three kinds
        for item in container:
            kind = type(item)
            if kind is str:
                limit -= len(item)
            elif kind in _CONTAINERS:
                found.append(item)
            elif kind not in _SCALARS:
                return False
    return limit >= 0


def _utf8(text: str) -> str:
    """Lone surrogates cannot be sent, and would take the whole batch of spans down with them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


_SMALL = 10_000


class _Walk:
    """One conversion to plain JSON types, with what is left of its budget of characters."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def plain(self, value: object, above: tuple[int, ...]) -> Any:
        """`value` in None, bool, int, float, str, list and dict. `above` holds the ids of the containers around it."""
        if self._left <= 0:
            return "[whyspan: cut]"
        self._left -= 4  # a number, a bracket or a separator; texts are counted exactly
        kind = type(value)
        if kind is bool or value is None or (kind is int and -_SMALL < value < _SMALL):  # type: ignore[operator]
            return value  # nearly all there is in an enormous list
        try:
            return self._convert(value, above)
        except Exception as error:  # noqa: BLE001 - a hostile __iter__, model_dump or __str__ must cost its own value only
            return f"[whyspan: {_name(value)}, unreadable: {_name(error)}]"

    def _convert(self, value: object, above: tuple[int, ...]) -> Any:
        match value:
            case None | bool():
                plain: Any = value
            case Enum():
                plain = self.plain(value.value, above)
            case str():
                plain = self._text(str.__str__(value))
            case int():  # Python refuses to print integers of more than 4,300 digits
                large = value.bit_length() > 10_000
                self._left -= min(value.bit_length(), 10_000) // 3
                plain = f"[whyspan: integer of {value.bit_length()} bits]" if large else int.__int__(value)
            case float():
                plain = float(value) if math.isfinite(value) else str(float(value))
            case bytes() | bytearray() | memoryview():
                plain = f"[whyspan: {_name(value)} of {len(value)}]"
            case _ if isinstance(value, _TEXTUAL):
                plain = self._text(str(value))
            case _ if is_a(value, Integral):  # NumPy's are none of Python's
                plain = self.plain(int(value), ())
            case _ if is_a(value, Real):
                plain = self.plain(float(value), ())
            case _:
                plain = self._container(value, above)
        return plain

    def _container(self, value: object, above: tuple[int, ...]) -> Any:
        if id(value) in above:
            return f"[whyspan: cyclic {_name(value)}]"
        if len(above) >= _DEPTH_LIMIT:
            return f"[whyspan: {_name(value)}, nested deeper than {_DEPTH_LIMIT}]"
        inside = (*above, id(value))
        if isinstance(value, Mapping):
            plain: Any = self._mapping(value.items(), inside)
        elif isinstance(value, _SEQUENCES):
            plain = self._items(value, inside)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            plain = self._mapping(((f.name, getattr(value, f.name)) for f in dataclasses.fields(value)), inside)
        elif hasattr(type(value), "model_dump"):  # pydantic, which is not imported for this
            plain = self.plain(value.model_dump(), inside)  # type: ignore[attr-defined]
        else:
            plain = self._text(f"[whyspan: {_described(value)}]")
        return plain

    def _mapping(self, items: Iterable[tuple[Any, Any]], inside: tuple[int, ...]) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, item in items:
            if self._left <= 0:
                plain["[whyspan]"] = "cut"
                break
            name = self._text(key if type(key) is str else str(key))
            if name in plain:  # 1 and "1" are two keys in Python and one in JSON
                name = f"{name} [whyspan: {_name(key)}]"
            plain[name] = self.plain(item, inside)
        return plain

    def _items(self, items: Iterable[Any], inside: tuple[int, ...]) -> list[Any]:
        plain = []
        for item in items:
            plain.append(self.plain(item, inside))
            if self._left <= 0:
                plain.append("[whyspan: cut]")
                break
        return plain

    def _text(self, text: str) -> str:
        text = cut(_utf8(text), max(self._left, 0))
        self._left -= len(text)
        return text


def is_a(value: object, kind: type[T] | tuple[type[T], ...]) -> TypeGuard[T]:
    """`isinstance` by the type alone: that also asks the object's own `__class__`, which may lie or raise."""
    return issubclass(type(value), kind)


def is_number(value: object) -> TypeGuard[float]:
    """True for Python's own integers and floats, and not for NaN."""
    return type(value) in (int, float) and value == value  # noqa: PLR0124 - NaN is the one that does not


def is_data(value: object) -> bool:
    """True for what has a form in JSON; False for the clients, connections and other objects a program works with."""
    kind = type(value)
    return issubclass(kind, _DATA) or dataclasses.is_dataclass(kind) or hasattr(kind, "model_dump")


def truth_of(value: object) -> bool | None:
    """Whether it is true, as an `if` would see it; None where it cannot be asked, as with arrays."""
    try:
        return bool(value)
    except Exception:  # noqa: BLE001 - a hostile __bool__, or NumPy's
        return None


def listed(given: object) -> list[Any]:
    """The items where several things may be given: nothing for None, one thing alone is fine, an endless lot is cut."""
    if type(given) is list or type(given) is tuple:
        return list(given)
    if given is None:
        return []
    if issubclass(type(given), (str, bytes, Mapping)) or not is_a(given, Iterable):
        return [given]
    try:
        items = list(islice(given, _ITEMS_LIMIT + 1))
    except Exception as error:  # noqa: BLE001 - a hostile __iter__ must cost its own value only
        return [f"[whyspan: {_name(given)}, unreadable: {_name(error)}]"]
    if len(items) > _ITEMS_LIMIT:
        items[-1] = f"[whyspan: cut after {_ITEMS_LIMIT} items]"
    return items


def mapped(given: object) -> dict[str, Any]:
    """A mapping with its keys as text; empty for None, and one marked entry for what cannot be read as one."""
    if given is None:
        return {}
    try:
        if is_a(given, Mapping):
            return {to_text(key): item for key, item in islice(given.items(), 10 * _ITEMS_LIMIT)}
    except Exception:  # noqa: BLE001, S110 - likewise; it is marked below
        pass
    return {"[whyspan]": given}


def _name(value: object) -> str:
    return type(value).__name__


def _described(value: object) -> str:
    """The type, and the repr where somebody wrote one; addresses say nothing and differ every time."""
    if type(value).__repr__ is object.__repr__:
        return _name(value)
    return f"{_name(value)} {cut(re.sub(r' at 0x[0-9a-fA-F]+', '', repr(value)), QUOTE_LIMIT)}"
