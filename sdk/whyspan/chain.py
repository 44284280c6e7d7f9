"""The chain of hashes over the spans that a process sends of a trace, in the order in which they were put on disk.

Each span carries the hash of its own content and of the span before it: `whyspan verify` then tells a span that was changed,
removed, moved or put in afterwards. Whoever can write them all anew can make a new chain: see docs/adr/0008-audit.md.
"""

import hashlib
import secrets
from collections import OrderedDict
from typing import Final

_TRACES: Final = 10_000
"""Traces whose last hash is remembered; one that was forgotten begins another segment of its chain."""


def link(segment: str, number: int, before: str, content: bytes) -> str:
    """The hash of an entry and of all before it, 64 hex digits.

    Args:
        segment: Which stretch of the chain: one process has one for each trace.
        number: The entry's place in it, from 1.
        before: The hash of the entry before; empty for the first.
        content: The span as protobuf with its fields in the order of their numbers, without the chain's own attribute.
    """
    return hashlib.sha256(f"{segment}-{number}-{before}\n".encode() + content).hexdigest()


class Chains:
    """The ends of the chains of one process; for one thread at a time."""

    def __init__(self) -> None:
        self._ends: OrderedDict[int, tuple[str, int, str]] = OrderedDict()

    def add(self, trace_id: int, content: bytes) -> str:
        """Makes this span the next one of its trace. Returns what it carries: `<segment>-<number>-<hash>`."""
        segment, number, before = self._ends.get(trace_id) or (secrets.token_hex(4), 0, "")
        hashed = link(segment, number + 1, before, content)
        self._ends[trace_id] = segment, number + 1, hashed
        self._ends.move_to_end(trace_id)
        if len(self._ends) > _TRACES:
            self._ends.popitem(last=False)
        return f"{segment}-{number + 1}-{hashed}"
