"""Any value becomes bounded, valid JSON; what is lost is marked."""

import json
import threading
from collections import UserDict, namedtuple
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan import Effect
from whyspan.values import QUOTE_LIMIT, TEXT_LIMIT, to_json, to_text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_values_survive(value: Any) -> None:
    """What JSON can say is said unchanged."""
    assert json.loads(to_json(value)) == value


@dataclass
class Order:
    id: str
    total: float


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


class BrokenMapping(UserDict[str, int]):
    def items(self) -> Any:
        raise RuntimeError


Point = namedtuple("Point", "x y")  # noqa: PYI024 - a plain one is what is tested


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Order("o1", 2.5), {"id": "o1", "total": 2.5}),
        (Point(1, 2), [1, 2]),
        (Effect.EXTERNAL, "external"),
        (datetime(2026, 3, 8, tzinfo=UTC), "2026-03-08 00:00:00+00:00"),
        ({1: "int", "1": "text"}, {"1": "int", "1 [whyspan: str]": "text"}),
        (float("nan"), "nan"),
        pytest.param(10**5000, "[whyspan: integer of 16610 bits]", id="a number too long to print"),
        (b"\xff\x00", "[whyspan: bytes of 2]"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        (Broken(), "[whyspan: Broken, unreadable: RuntimeError]"),
        ([1, BrokenMapping(a=1)], [1, "[whyspan: BrokenMapping, unreadable: RuntimeError]"]),
    ],
)
def test_values_json_has_no_word_for(value: Any, expected: Any) -> None:
    """Records are written field by field; the unserialisable becomes a text that says what it was."""
    assert json.loads(to_json(value)) == expected


def test_an_object_is_named() -> None:
    """An object without a JSON form is shown by its type, and by its repr where it has one, without the address."""
    assert json.loads(to_json(object())) == "[whyspan: object]"
    assert json.loads(to_json(threading.Lock())) == "[whyspan: lock <unlocked _thread.lock object>]"


def test_cycles_and_depth() -> None:
    """A value that contains itself, or is nested without end, is written as far as it goes."""
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]

    assert json.loads(to_json(cyclic)) == [1, "[whyspan: cyclic list]"]
    assert "nested deeper" in to_json(deep)


def test_the_same_value_twice_is_no_cycle() -> None:
    """Only a value inside itself is cyclic."""
    order = {"id": "o1"}

    assert json.loads(to_json([order, order])) == [order, order]


@pytest.mark.parametrize("value", ["x" * 10**6, ["word"] * 10**6, {str(key): "word" for key in range(10**5)}])
def test_enormous_values_are_cut(value: Any) -> None:
    """The size of an attribute is bounded, its JSON stays valid and says that it was cut."""
    text = to_json(value)

    assert len(text) < 2.5 * TEXT_LIMIT
    assert "[whyspan" in str(json.loads(text))


def test_an_endless_mapping_is_cut() -> None:
    """Reading stops at the bound instead of waiting for an end that never comes."""

    class Endless(UserDict[int, int]):
        def items(self) -> Any:
            return ((number, number) for number in iter(int, 1))

    assert len(to_json(Endless())) < TEXT_LIMIT * 4


def test_text() -> None:
    """A text stays as it is, other values become JSON, both cut to the limit."""
    assert to_text("héllo") == "héllo"
    assert to_text({"a": 1}) == '{"a": 1}'
    assert to_text("x" * 900, QUOTE_LIMIT) == "x" * QUOTE_LIMIT + "[whyspan: cut, 900 characters]"


def test_nested_values_survive() -> None:
    """Deeply nested and shared values come out as they are, whichever way they are written."""
    shared = {"zürich": [1.5, None, True]}
    value = {"a": shared, "b": (shared, [shared])}

    assert json.loads(to_json(value)) == {"a": shared, "b": [shared, [shared]]}
