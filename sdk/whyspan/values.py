"""Any Python value as text that a span can carry: bounded, always valid JSON and UTF-8, marked where something was lost.

Everything an agent's program hands to the SDK passes through here, and nowhere else, before it reaches a span.
"""

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

TEXT_LIMIT = 250_000
"""Characters of one attribute. 128 spans of that size, one export, stay near OTLP/HTTP's usual 64 MiB."""
QUOTE_LIMIT = 500
"""Characters of a quote in a piece of evidence: enough to recognise it, it is stored in full elsewhere."""
_DEPTH_LIMIT = 32
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_TEXTUAL = (date, time, timedelta, Decimal, UUID, PurePath)
_SEQUENCES = (list, tuple, set, frozenset)
_DATA = (type(None), bool, int, float, str, bytes, bytearray, memoryview, Enum, Mapping, *_TEXTUAL, *_SEQUENCES)


def to_json(value: object, limit: int = TEXT_LIMIT) -> str:
    """JSON for any value, valid whatever the value is, with about `limit` characters of content at most.

    What JSON cannot say becomes a text that says so: `"[whyspan: cyclic list]"`, `"[whyspan: Connection]"`.
    """
    return _ENCODER.encode(_Walk(limit).plain(value, ()))


def to_text(value: object, limit: int = TEXT_LIMIT) -> str:
    """A string as it is, any other value as JSON; cut and marked beyond `limit` characters."""
    text = value if isinstance(value, str) else to_json(value, limit)
    return _cut(_utf8(str.__str__(text)), limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}[whyspan: cut, {len(text)} characters]"


def _utf8(text: str) -> str:
    """Lone surrogates cannot be sent, and would take the whole batch of spans down with them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class _Walk:
    """One conversion to plain JSON types, with what is left of its budget of characters."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def plain(self, value: object, above: tuple[int, ...]) -> Any:
        """`value` in None, bool, int, float, str, list and dict. `above` holds the ids of the containers around it."""
        if self._left <= 0:
            return "[whyspan: cut]"
        self._left -= 4  # a number, a bracket or a separator; texts are counted exactly
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
                plain = f"[whyspan: integer of {value.bit_length()} bits]" if large else int(value)
            case float():
                plain = float(value) if math.isfinite(value) else str(float(value))
            case bytes() | bytearray() | memoryview():
                plain = f"[whyspan: {_name(value)} of {len(value)}]"
            case _ if isinstance(value, _TEXTUAL):
                plain = self._text(str(value))
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
            plain = self._text(f"[whyspan: {_shown(value)}]")
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
        text = _cut(_utf8(text), max(self._left, 0))
        self._left -= len(text)
        return text


def is_data(value: object) -> bool:
    """True for what has a form in JSON; False for the clients, connections and other objects a program works with."""
    return isinstance(value, _DATA) or dataclasses.is_dataclass(value) or hasattr(type(value), "model_dump")


def _name(value: object) -> str:
    return type(value).__name__


def _shown(value: object) -> str:
    """The type, and the repr where somebody wrote one; addresses say nothing and differ every time."""
    if type(value).__repr__ is object.__repr__:
        return _name(value)
    return f"{_name(value)} {_cut(re.sub(r' at 0x[0-9a-fA-F]+', '', repr(value)), QUOTE_LIMIT)}"
