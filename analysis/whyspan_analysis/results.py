"""What a tool's result says about itself: that it is an error, empty, or only a part."""

import json
import re
from typing import Any

_ERROR_TEXT = re.compile(
    r"\s*(?:(?:fatal|internal )?error\b|exception\b|traceback \(most recent|failed to\b"
    r"|(?-i:[A-Z]\w*(?:Error|Exception|Timeout|Failure))\b\s*[:(]"
    r"|(?:unknown|no such) tool\b|tool \S+ (?:not found|does not exist)|call id: \S+\s+error:)",
    re.IGNORECASE,
)
_EMPTY_TEXT = re.compile(
    r"\s*(?:\[\s*\]|\{\s*\}|null|none|no (?:results?|matches|documents?|hits|records?|rows|entries)(?: (?:were )?found)?"
    r"|nothing found|not found|0 (?:results?|rows|matches|documents?|hits))[\s.!]*",
    re.IGNORECASE,
)
_ERROR_KEYS = ("error", "exception", "errorMessage", "error_message")
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


def error_in(value: Any) -> str | None:
    """The error a result reports in its own words, or None. Only openings of texts and `error` keys count."""
    value = parsed(value)
    if isinstance(value, dict):
        for key in _ERROR_KEYS:
            if value.get(key):
                return _words(value[key])
        if value.get("isError") is True or value.get("is_error") is True:
            return _words(value.get("content", value))
        return None
    return value.strip() if isinstance(value, str) and _ERROR_TEXT.match(value) else None


def _words(error: Any) -> str:
    if isinstance(error, dict) and error.get("message"):
        return str(error["message"])
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, default=str)


def is_empty(value: Any) -> bool:
    """True when a search came back with nothing: an empty list or object, zero rows, "no results".

    None is not empty: it is what a tool without a return value gives.
    """
    value = parsed(value)
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
