"""What a tool's result says about itself: that it is an error, empty, or only a part."""

import json
import re
from typing import Any

_ERROR_TEXT = re.compile(
    r"\s*(?:(?:fatal|internal )?error\b|exception\b|traceback \(most recent|failed to\b"
    r"|(?-i:[A-Z]\w*(?:Error|Exception|Timeout|Failure))\b\s*[:(]"
    r"|exit(?:ed with)?[ _]?(?:code|status)?\W{0,2}[1-9]\d{0,2}\b"
    r"|(?:unknown|no such) tool\b|tool \S+ (?:not found|does not exist)|call id: \S+\s+error:)",
    re.IGNORECASE,
)
_EMPTY_TEXT = re.compile(
    r"\s*(?:\[\s*\]|\{\s*\}|null|none|no (?:results?|matches|documents?|hits|records?|rows|entries)(?: (?:were )?found)?"
    r"|nothing found|not found|0 (?:results?|rows|matches|documents?|hits))[\s.!]*",
    re.IGNORECASE,
)
_ERROR_KEYS = ("error", "exception", "errorMessage", "error_message")
_LETTERS = ("result", "output", "content", "text", "response", "value", "data")
_STAMPS = (
    "status",
    "type",
    "id",
    "toolUseId",
    "tool_use_id",
    "isError",
    "is_error",
    "name",
    "annotations",
    "meta",
    "_meta",
)
_MAX_ENVELOPES = 5
_MORE_KEYS = (
    "next_page",
    "nextPage",
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "has_more",
    "hasMore",
)


def parsed(value: Any) -> Any:
    """The value with a JSON object or array in a string read as such; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def unwrapped(value: Any) -> Any:
    """The result inside the envelopes frameworks put around it: `{"result": x}`, `[{"text": x}]`, status and content."""
    for _ in range(_MAX_ENVELOPES):
        value = parsed(value)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and _letter(value[0]) is not None:
            value = value[0]
        if not isinstance(value, dict) or (key := _letter(value)) is None:
            return value
        value = value[key]
    return value


def _letter(envelope: dict[str, Any]) -> str | None:
    """The key of what an envelope holds, when it holds nothing else of interest."""
    inside = [key for key in envelope if key not in _STAMPS]
    return inside[0] if len(inside) == 1 and inside[0] in _LETTERS else None


def error_in(value: Any) -> str | None:
    """The error a result reports in its own words, or None. Only openings of texts and `error` keys count."""
    value = parsed(value)
    if isinstance(value, dict):
        for key in _ERROR_KEYS:
            if value.get(key):
                return _words(value[key])
        if value.get("isError") is True or value.get("is_error") is True or value.get("status") == "error":
            return _words(unwrapped(value))
    value = unwrapped(value)
    return value.strip() if isinstance(value, str) and _ERROR_TEXT.match(value) else None


def _words(error: Any) -> str:
    if isinstance(error, dict) and error.get("message"):
        return str(error["message"])
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, default=str)


def is_empty(value: Any) -> bool:
    """True when a search came back with nothing: an empty list or object, zero rows, "no results".

    None is not empty: it is what a tool without a return value gives.
    """
    value = unwrapped(value)
    if isinstance(value, str):
        return _EMPTY_TEXT.fullmatch(value) is not None
    if isinstance(value, list):
        return not value
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list)]
        return not value or (
            bool(lists) and not any(lists) and not any(isinstance(v, dict) and v for v in value.values())
        )
    return False


def names_more(value: Any) -> str | None:
    """The key by which a result says that there is more of it (`has_more`, `next_cursor`), or None."""
    value = parsed(value)
    return next((key for key in _MORE_KEYS if value.get(key)), None) if isinstance(value, dict) else None
