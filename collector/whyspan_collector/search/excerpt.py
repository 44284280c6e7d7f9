"""The piece of a text around what was searched for."""

import re
from dataclasses import dataclass
from typing import Final

_AROUND: Final = 60
"""Characters shown before and behind the hit: with it about a line."""
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A hit, with a little of the text on both sides."""

    run_id: str
    span_id: str
    place: str
    """The field of `Span` or `Content` it stands in."""
    before: str
    hit: str
    """Empty where the text is found by letters that are written otherwise, such as an accent; `after` is its beginning then."""
    after: str


def around(text: str, searched: str) -> tuple[str, str, str]:
    """Splits a text into what stands before a hit, the hit and what stands behind it, each short.

    Args:
        text: one the index found.
        searched: words, of which the last may end in `*`.
    """
    pieces = _WORD.findall(searched)
    begun = r"\w*" if searched.endswith("*") else ""
    found = re.search(r"[\W_]+".join(map(re.escape, pieces)) + begun, text, re.IGNORECASE) if pieces else None
    if found is None:
        return "", "", _cut_end(text, 0)
    return _cut_begin(text, found.start()), found[0], _cut_end(text, found.end())


def _cut_begin(text: str, end: int) -> str:
    return ("…" if end > _AROUND else "") + _one_line(text[max(0, end - _AROUND) : end])


def _cut_end(text: str, start: int) -> str:
    return _one_line(text[start : start + _AROUND]) + ("…" if len(text) > start + _AROUND else "")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
