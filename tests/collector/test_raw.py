"""The text in which attributes are stored gives back exactly what was sent."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan_collector import raw

_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates included
_KEYS = _TEXT | st.sampled_from(["~bytes", "~float", "~", "~~bytes"])
_NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats()
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXT | st.binary(max_size=8)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)


def _exact(value: Any) -> Any:
    """A form in which only the same value of the same type is equal: NaN is itself, 1, 1.0 and True are three."""
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return type(value).__name__, repr(value)


@given(_VALUES)
def test_every_value_comes_back(value: Any) -> None:
    """Whatever OTLP can carry is the same value of the same type after storing and reading."""
    assert _exact(raw.decode(raw.encode(value))) == _exact(value)
    assert _exact(raw.decode(raw.encode(value).decode())) == _exact(value)


@given(_VALUES)
def test_the_text_is_json_that_any_reader_takes(value: Any) -> None:
    """No NaN or infinity token is written, which JSON does not have and SQL functions refuse."""

    def refuse(token: str) -> None:
        raise AssertionError(token)

    json.loads(raw.encode(value), parse_constant=refuse)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 2**63 - 1, -(2**63), 2**64 - 1])
def test_the_extremes_of_numbers_come_back(value: float) -> None:
    """The numbers that other readers of JSON round, refuse or turn into null."""
    assert _exact(raw.decode(raw.encode({"a": [value]}))) == _exact({"a": [value]})


def test_what_was_sent_cannot_pose_as_a_tag() -> None:
    """An attribute that looks like our own tagged form stays the attribute it is."""
    hostile = {"~bytes": "AAAA", "nested": {"~float": "nan"}, "~~bytes": {"~bytes": b"AAAA"}}
    assert raw.decode(raw.encode(hostile)) == hostile


def test_plain_values_are_stored_as_plain_json() -> None:
    """What needs no tag stays readable for people and for SQL."""
    assert raw.encode({"question": "Größe?", "n": 1}) == '{"question":"Größe?","n":1}'.encode()


def test_what_otlp_cannot_carry_is_refused() -> None:
    """A value of another type is an error where it is written, not where it is read."""
    with pytest.raises(TypeError, match="object"):
        raw.encode({"a": object()})
