"""Secrets in an OTLP request: every text of every message, whichever field it is in, and values by their key."""

from collections import Counter
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from whyspan.semconv import REDACTED
from whyspan_collector.redaction.rules import MASK, NAMED, Rules
from whyspan_collector.redaction.text import mask_text, mask_value

_COUNTED: Final = frozenset({"Span", "LogRecord", "Resource", "InstrumentationScope"})
"""What carries the number of values masked in it, as the attribute `whyspan.redacted`."""
_TEXT: Final = FieldDescriptor.TYPE_STRING


def mask_message(message: Any, rules: Rules, found: Counter[str]) -> None:
    """Mask the secrets of a request in place, counted by kind in `found`."""
    inside: Counter[str] = Counter()
    for field, value in message.ListFields():
        if field.type == _TEXT:
            if field.is_repeated:
                value[:] = [mask_text(text, rules, inside) for text in value]
            elif (masked := mask_text(value, rules, inside)) != value:
                setattr(message, field.name, masked)
        elif field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                (_mask_pair if field.message_type.name == "KeyValue" else mask_message)(item, rules, inside)
        elif field.name == "bytes_value":
            _mask_bytes(message, rules, inside)
    if inside and message.DESCRIPTOR.name in _COUNTED:
        _note(message, inside.total())
    found += inside


def _mask_pair(pair: Any, rules: Rules, found: Counter[str]) -> None:
    if rules.is_secret(pair.key):
        _mask_all(pair.value, found)
    pair.key = mask_text(pair.key, rules, found)
    mask_message(pair.value, rules, found)


def _mask_all(value: Any, found: Counter[str]) -> None:
    """Mask whatever is under the key of a secret."""
    match value.WhichOneof("value"):
        case "string_value":
            value.string_value = mask_value(value.string_value, found)
        case "array_value":
            for item in value.array_value.values:
                _mask_all(item, found)
        case "kvlist_value":
            for pair in value.kvlist_value.values:
                _mask_all(pair.value, found)
        case "int_value" | "double_value" | "bytes_value":
            value.string_value = MASK
            found[NAMED] += 1


def _mask_bytes(value: Any, rules: Rules, found: Counter[str]) -> None:
    text = value.bytes_value.decode("latin-1")  # every byte is a character, so it can be written back
    if (masked := mask_text(text, rules, found)) != text:
        value.bytes_value = masked.encode("latin-1")


def _note(message: Any, values: int) -> None:
    for pair in message.attributes:
        if pair.key == REDACTED:
            pair.value.int_value += values
            return
    message.attributes.add(key=REDACTED).value.int_value = values
