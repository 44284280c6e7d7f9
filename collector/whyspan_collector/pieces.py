"""Cutting the bytes of a record so that what it repeats becomes one piece with a name of its own.

A model span repeats the conversation so far. Cuts are made where the bytes themselves say so (around large texts, around
the objects of JSON arrays, between attributes), never at fixed places, so equal messages give equal pieces wherever they
stand. Joining the pieces gives back the bytes whatever was cut: no vocabulary, and no parse, is involved.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

from whyspan_collector.otlp.wire import encode_varint, varint

CUT_FROM: Final = 2_048
"""Smaller records are left whole: four in five spans, in which compression finds what little repeats."""
_PIECE: Final = 256
"""Smallest piece worth a name. Naming costs about 2 us and 200 bytes of memory."""
_JSON: Final = 1_024
"""Larger texts are cut inside where they look like JSON, larger gaps between texts where attributes begin."""

# Each begins with a literal byte: Python finds such with memchr, a class of two bytes takes nine times as long.
# A string value of 128 bytes or more: field 2 of a KeyValue (or field 5 of a log record: its body), inside it field 1.
_TEXTS: Final = tuple(
    re.compile(tag + rb"[\x80-\xff]{1,3}[\x01-\x7f]\n(?=[\x80-\xff]{1,3}[\x01-\x7f])") for tag in (rb"\x12", rb"\x2a")
)
_JSON_EDGES: Final = (re.compile(rb"\}(?:, ?\{|\])"), re.compile(rb"\[\{"))
_ATTRIBUTE_EDGES: Final = tuple(
    re.compile(tag + rb"(?=(?:[\x04-\x7f]|[\x80-\xff]{1,3}[\x01-\x7f])\n[\x01-\x7f][!-~])") for tag in (rb"J", rb"\n")
)


class Span(NamedTuple):
    """A stretch of bytes that is worth a name."""

    start: int
    end: int


def cut(message: bytes) -> Iterator[Span]:
    """The pieces of a message that are worth a name, in order; what lies between them is not."""
    done = 0
    for start, end in _texts(message):
        if start >= done:
            if start - done >= _JSON:
                yield from _inside(message, done, start, _ATTRIBUTE_EDGES)
            if end - start >= _JSON and message[start] in b'[{"':
                yield from _inside(message, start, end, _JSON_EDGES)
            else:
                yield Span(start, end)
            done = end
    if len(message) - done >= _JSON:
        yield from _inside(message, done, len(message), _ATTRIBUTE_EDGES)


def _texts(message: bytes) -> list[tuple[int, int]]:
    """Where the large texts are. What only looks like one does no harm: it is a piece like any other."""
    found = []
    for pattern in _TEXTS:
        for match in pattern.finditer(message):
            size, start = varint(message, match.end())
            if size >= _PIECE and start + size <= len(message):
                found.append((start, start + size))
    return sorted(found)


def _inside(message: bytes, start: int, end: int, edges: tuple["re.Pattern[bytes]", ...]) -> Iterator[Span]:
    """The pieces of a stretch between its edges; small ones go together, up to one whose own bytes say that it is the last."""
    cuts = sorted({at for edge in edges for match in edge.finditer(message, start, end) for at in _around(match)})
    first = last = start
    for at in (*cuts, end):
        size = at - last
        if size >= _PIECE:
            if last - first >= _PIECE:
                yield Span(first, last)
            yield Span(last, at)
            first = at
        elif at - first >= _PIECE and crc32(message[last:at]) % 4 == 0:
            yield Span(first, at)
            first = at
        last = at
    if end - first >= _PIECE:
        yield Span(first, end)


def _around(match: "re.Match[bytes]") -> tuple[int, int]:
    """Behind the first byte of an edge, and before its last: `}, {` is cut into `}`, `, ` and `{`."""
    return match.start() + 1, max(match.start() + 1, match.end() - 1)


# --- a recipe: what an item's bytes are made of --------------------------------------------------------------------


class Step(NamedTuple):
    """Some bytes, then those of another item."""

    literal: bytes
    item: int


def recipe(steps: list[Step], rest: bytes) -> bytes:
    """The stored form of an item: its steps and the bytes behind the last."""
    if not steps:  # nine items in ten
        return encode_varint(len(rest)) + rest
    parts: list[bytes] = []
    for literal, item in steps:
        parts += (encode_varint(len(literal)), literal, encode_varint(item))
    return b"".join((*parts, encode_varint(len(rest)), rest))


def read_recipe(stored: bytes) -> tuple[list[Step], bytes]:
    """The steps of a stored item and the bytes behind the last."""
    steps: list[Step] = []
    at = 0
    while True:
        size, at = varint(stored, at)
        literal = stored[at : at + size]
        at += size
        if at >= len(stored):
            return steps, literal
        item, at = varint(stored, at)
        steps.append(Step(literal, item))
