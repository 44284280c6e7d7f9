"""Templates: what is said, without what it is said of. Two messages of one kind have the same template.

Whatever varies from run to run (numbers, ids, hashes, times, addresses, paths, quoted values) becomes `<*>`. One mark for all
of them, because the same value may look like a number in one run and like an id in the next.
"""

import re
from functools import lru_cache
from typing import Final

HOLE: Final = "<*>"
"""What stands where something was masked, as log parsers since Drain write it."""
LONGEST: Final = 200
"""Characters of a template: what distinguishes one kind of message from another stands at its beginning."""
_READ: Final = 2_000
"""Characters of a text that are looked at: an error may carry a whole page."""

_MONTH: Final = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_PIECE: Final = re.compile(
    rf"""
      (?P<kept>(?i:\b(?:http|status|code|error)[ ]?(?:code)?[ :=]{{1,3}}[45]\d\d\b))  # what kind of error it is
    | (?P<hole>{re.escape(HOLE)}
      | "[^"]*" | “[^”]*” | \u2018[^\u2019]*\u2019 | `[^`]*` | «[^»]*» | (?<!\w)'[^']*'(?!\w)
      | [A-Za-z][A-Za-z0-9+.-]{{1,15}}://\S+
      | (?i:\b{_MONTH}[ ]\d{{1,2}}\b | \b\d{{1,2}}\.?[ ]{_MONTH}(?!\w)))
    | (?P<word>[^\s"'`“”\u2018\u2019«»<>()\[\]{{}},;=|]+)
    """,
    re.VERBOSE,
)
_VARIABLE: Final = re.compile(r"\d|@.*\.|^\.{0,2}[/\\]\w|[/\\].*[/\\]|^[A-Za-z]:[/\\]")
"""A word with a digit, an e-mail address, a path."""
_HOLES: Final = re.compile(rf"{re.escape(HOLE)}(?:[\s,;:=.]*(?:(?:and|or)\s)?{re.escape(HOLE)})+")
"""Several in a row: how many values a message lists is part of what varies."""


@lru_cache(maxsize=4096)  # the runs of one incident say the same
def template(text: str) -> str:
    """The text with everything variable masked, on one line and at most `LONGEST` characters long. Idempotent."""
    words = masked(text[:_READ])
    return words if len(words) <= LONGEST else words[:LONGEST].rpartition(" ")[0] or words[:LONGEST]


def masked(text: str) -> str:
    """The whole text with everything variable masked, on one line. Idempotent.

    HTTP status codes that are named as such (`status 503`) stay: they say what kind of error it was.
    """
    words = " ".join(text.split())
    while (fewer := _HOLES.sub(HOLE, _PIECE.sub(_mask, words))) != words:  # ends: each round leaves fewer words
        words = fewer
    return words


def _mask(piece: re.Match[str]) -> str:
    if piece["hole"] is not None or (piece["word"] is not None and _VARIABLE.search(piece["word"])):
        return HOLE
    return piece[0]
