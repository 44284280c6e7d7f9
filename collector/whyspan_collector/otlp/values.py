"""OTLP's attribute values as Python values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """All attributes, by key; of a key that was sent twice the last."""
    # Most values are non-empty texts or numbers, and asking for them costs a third of asking which of seven it is.
    return {pair.key: (each := pair.value).string_value or each.int_value or value(each) for pair in pairs}


def value(sent: AnyValue) -> Any:
    """One value; None where it is empty, or refers to the dictionary of a profile, of which there is none here."""
    kind = sent.WhichOneof("value")
    if kind is None or kind == "string_value_strindex":
        return None
    if kind == "array_value":
        return [value(item) for item in sent.array_value.values]
    if kind == "kvlist_value":
        return attributes(sent.kvlist_value.values)
    return getattr(sent, kind)


class SentAttributes(Mapping[str, Any]):
    """Attributes of which a value is built when somebody asks for it; most are never asked for.

    Args:
        pairs: key -> itself, the bytes of its `KeyValue`, and whatever else.
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Mapping[str, tuple[str, bytes, Any]]) -> None:
        self._pairs = pairs

    def __getitem__(self, key: str) -> Any:
        return value(KeyValue.FromString(self._pairs[key][1]).value)

    def __contains__(self, key: object) -> bool:
        return key in self._pairs  # that of `Mapping` builds the value

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default. That of `Mapping` raises and catches: most attributes that are asked for are not there."""
        return self[key] if key in self._pairs else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)
