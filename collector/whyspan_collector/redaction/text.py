"""Secrets in texts: JSON is walked token by token and changed in place, so that everything else stays byte for byte.

A walk of tokens instead of a parser also does truncated JSON, which attribute limits make every day.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from whyspan_collector.redaction.rules import CARD, IS_MASKED, MASK, NAMED, Rules
from whyspan_collector.redaction.shapes import is_card

_JSON: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:[\"{\[\]\d-]|null|true|false))")
_TOKEN: Final = re.compile(
    r"(?P<string>\"(?:[^\"\\]|\\.)*\"?)(?P<key>\s*:)?|(?P<open>[{\[])|(?P<close>[}\]])|(?P<number>-?\d[\d.eE+-]*)",
    re.DOTALL,
)
_DEEPEST: Final = 8
"""JSON in JSON in JSON ...: each level doubles the backslashes, so that 8 are 255 of them before a quote."""
_NO_VALUES: Final = frozenset({"none", "null", "true", "false", "undefined", "string", "optional"})


@dataclass(slots=True)
class _Level:
    """A JSON object or array that is open."""

    secret: bool
    """It is, or lies in, the value of a secret's key."""
    schema: bool = False
    """Its keys are the properties of a JSON Schema: a tool's parameter called `password` is no password."""
    key: str = ""


def mask_text(text: str, rules: Rules, found: Counter[str], depth: int = 0) -> str:
    """The text with its secrets masked, counted by kind in `found`."""
    if not rules.may_hold_a_secret(text.encode("utf-8", "surrogatepass")):
        return text
    if _JSON.match(text) and depth < _DEEPEST:
        text = _mask_json(text, rules, found, depth)
    else:
        text = _mask_assigned(text, rules, found)
    for kind, pattern in rules.shapes:
        text = pattern.sub(lambda match, kind=kind: _shaped(match, kind, found), text)  # type: ignore[misc]
    return text


def mask_value(value: str, found: Counter[str]) -> str:
    """The mask for a value that is secret by its key, unless somebody masked it already."""
    if IS_MASKED.fullmatch(value):
        return value
    found[NAMED] += 1
    return MASK


def _mask_json(text: str, rules: Rules, found: Counter[str], depth: int) -> str:
    levels = [_Level(secret=False)]

    def replace(token: re.Match[str]) -> str:
        level, whole = levels[-1], token[0]
        match token.lastgroup:
            case "open":
                is_secret = level.secret or (not level.schema and rules.is_secret(level.key))
                levels.append(_Level(is_secret, schema=level.key == "properties"))
            case "close" if len(levels) > 1:
                levels.pop()
            case "key":
                level.key = _unquoted(token["string"])
            case "string" | "number" if level.secret or (not level.schema and rules.is_secret(level.key)):
                value = _unquoted(whole) if token["string"] else whole
                masked = mask_value(value, found)
                return whole if masked == value else json.dumps(masked)
            case "string":
                return _mask_inner(whole, rules, found, depth)
        return whole

    return _TOKEN.sub(replace, text)


def _mask_inner(quoted: str, rules: Rules, found: Counter[str], depth: int) -> str:
    text = _unquoted(quoted)
    masked = mask_text(text, rules, found, depth + 1)
    return quoted if masked == text else json.dumps(masked, ensure_ascii=quoted.isascii())


def _unquoted(quoted: str) -> str:
    """What a JSON string says; the text between its quotes where it is cut off or broken."""
    try:
        text = json.loads(quoted, strict=False)
    except ValueError:
        return quoted.strip('"')
    return str(text)


def _mask_assigned(text: str, rules: Rules, found: Counter[str]) -> str:
    pieces: list[str] = []
    copied = at = 0
    while match := rules.assigned.search(text, at):
        at = match.end("sign")  # what follows a name that is no secret's may hold another name
        if rules.is_secret(match["name"]):
            group = "quoted" if match["quoted"] else "plain"
            pieces += text[copied : match.start(group)], _assigned(match["sign"], group, match[group], found)
            copied = at = match.end(group)
    return "".join((*pieces, text[copied:])) if pieces else text


def _assigned(sign: str, group: str, value: str, found: Counter[str]) -> str:
    # After a colon an unquoted word is mostly prose ("password: required"), unless it looks like no word.
    is_word = value.lower() in _NO_VALUES or (sign == ":" and value.isalpha())
    return value if group == "plain" and is_word else mask_value(value, found)


def _shaped(match: re.Match[str], kind: str, found: Counter[str]) -> str:
    if kind == CARD and not is_card(match[0]):
        return match[0]
    group = match.lastindex or 0
    if IS_MASKED.fullmatch(match[group]):
        return match[0]
    found[kind] += 1
    return _spliced(match, group, MASK)


def _spliced(match: re.Match[str], group: str | int, replacement: str) -> str:
    """The match with one of its groups replaced."""
    start, end = (place - match.start() for place in match.span(group))
    return match[0][:start] + replacement + match[0][end:]
