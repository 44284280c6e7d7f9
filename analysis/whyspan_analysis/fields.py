"""Where in a span something stands: paths such as `result.orders[2].id`, read back and quoted.

Every piece of evidence is a span id, a path and a quote; whoever doubts a sentence follows the path with `read`.
"""

import json
import re
from dataclasses import asdict, is_dataclass
from functools import lru_cache
from typing import Any

from whyspan_analysis.model import Ref, Run

QUOTE_LENGTH = 160
"""Characters of a quote: a line or two on screen; the path leads to the rest."""

_STEP = re.compile(r'\.?([^.\[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')
_ENDED = re.compile(r"[.!?…][\"”]?$")
_HEAD = re.compile(r"[a-z_]+")
_PLAIN_KEY = re.compile(r"[^.\[\]]+")
_CONTENT = frozenset(
    {
        "input_messages",
        "output_messages",
        "tool_definitions",
        "arguments",
        "result",
        "input",
        "output",
        "decision",
        "outcomes",
    }
)


def join(path: str, key: str | int) -> str:
    """The path one step further down: `join("result", "id")` is `result.id`, a list index `result[0]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return path + dotted(key)


@lru_cache(maxsize=4096)  # a run has few keys and 100,000s of leaves
def dotted(key: str) -> str:
    """What a key adds to a path: `.id`, or `["a.b"]` where it is no plain word."""
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"


def read(run: Run, span_id: str, path: str) -> Any:
    """What stands at a path of a span.

    Raises:
        KeyError: the run has no such span, or the span nothing at this path.
    """
    span = run.span(span_id)
    head = _HEAD.match(path)
    if head is None:
        raise KeyError(path)
    found: Any = run.contents[span_id] if head[0] in _CONTENT else span
    position = 0
    if head[0] == "attributes":  # their keys hold dots of their own
        key = _attribute(span.attributes, path)
        found, position = span.attributes[key], len("attributes.") + len(key)
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise KeyError(path)
        found = _down(found, step, path)
        position = step.end()
    return found


def _attribute(attributes: dict[str, Any], path: str) -> str:
    """The attribute a path speaks of: the longest key it goes through."""
    rest = path.removeprefix("attributes.")
    keys = [key for key in attributes if rest == key or rest.startswith((f"{key}.", f"{key}["))]
    if not keys:
        raise KeyError(path)
    return max(keys, key=len)


def _down(found: Any, step: re.Match[str], path: str) -> Any:
    name, index, quoted = step.groups()
    try:
        if index is not None:
            return found[int(index)]
        key = name if quoted is None else json.loads(quoted)
        return found[key] if isinstance(found, dict) else getattr(found, key)
    except (LookupError, AttributeError, TypeError) as error:
        raise KeyError(path) from error


def text(value: Any) -> str:
    """A value as the text that is searched and quoted: a string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return repr(value) if type(value) in (int, float) else _JSON.encode(value)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


_JSON = json.JSONEncoder(ensure_ascii=False, default=_plain)


def cut(words: str, longest: int = QUOTE_LENGTH) -> str:
    """The words, at most so many characters of them with an ellipsis as the last."""
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def first_line(words: str, longest: int = 200) -> str:
    """The first line that is not empty, cut."""
    return cut(next(iter(words.strip().splitlines()), "no message"), longest)


def ended(words: str) -> str:
    """The words as a sentence: with a full stop, unless they, or the quote they end with, have an end already."""
    return words if _ENDED.search(words) else f"{words}."


def refer(run: Run, span_id: str, path: str, needle: str | None = None) -> Ref:
    """Evidence at a path, quoted verbatim; a long text is cut around `needle`. Raises KeyError like `read`."""
    found = read(run, span_id, path)
    if not needle:
        return Ref(span_id, path, _opening(found))
    full = text(found)
    if len(full) <= QUOTE_LENGTH:
        return Ref(span_id, path, full)
    start = max(full.find(needle), 0)
    room = QUOTE_LENGTH - len(needle)
    start = max(0, min(start - max(room, 0) // 2, len(full) - QUOTE_LENGTH))
    return Ref(span_id, path, full[start : start + QUOTE_LENGTH])


def _opening(value: Any) -> str:
    """The first characters of `text(value)`: what is quoted of a large result costs no more than of a small one."""
    if not isinstance(value, dict | list):
        return text(value)[:QUOTE_LENGTH]
    opening = ""
    for piece in _JSON.iterencode(value):
        opening += piece
        if len(opening) >= QUOTE_LENGTH:
            break
    return opening[:QUOTE_LENGTH]
