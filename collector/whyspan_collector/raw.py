"""A lossless JSON text for what a span or log carried as sent.

JSON cannot say bytes, NaN or infinity. They are written as an object with one tagged key (`{"~bytes": base64}`,
`{"~float": "nan"}`); a sent key that begins with the tag sign has it doubled, so nothing sent can pose as a tag.
"""

import json
import math
from base64 import b64decode, b64encode
from typing import Any

_SIGN = "~"
_BYTES = "~bytes"
_FLOAT = "~float"

_plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode
_escaped = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":")).encode


def encode(value: Any) -> bytes:
    """Writes a value as UTF-8 JSON that `decode` turns back into an equal value.

    Args:
        value: what OTLP can carry: None, bool, int of any size, float, str (lone surrogates included), bytes, and
            lists and string-keyed dicts of these.

    Raises:
        TypeError: the value holds something else.
    """
    try:
        text = _plain(value)
    except (TypeError, ValueError):  # bytes; NaN or infinity
        text = _plain(_tagged(value))
    else:
        if '"' + _SIGN in text:
            text = _plain(_tagged(value))
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8; an escape of ASCII JSON can say it
        return _escaped(json.loads(text)).encode()


def decode(text: str | bytes) -> Any:
    """Reads back what `encode` wrote."""
    tagged = '"' + _SIGN
    is_tagged = tagged in text if isinstance(text, str) else tagged.encode() in text
    return json.loads(text, object_hook=_untagged if is_tagged else None)


def _tagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {_SIGN + key if key.startswith(_SIGN) else key: _tagged(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]
    if isinstance(value, bytes):
        return {_BYTES: b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT: str(value)}
    return value


def _untagged(item: dict[str, Any]) -> Any:
    if len(item) == 1:
        if _BYTES in item:
            return b64decode(item[_BYTES])
        if _FLOAT in item:
            return float(item[_FLOAT])
    return {key[1:] if key.startswith(_SIGN) else key: value for key, value in item.items()}
