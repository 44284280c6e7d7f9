"""The chain of hashes over a log of what people did: each row has the hash of itself and of all before it.

A row that is changed, removed or put in afterwards breaks the chain from there on (`broken_at`). See docs/adr/0008-audit.md.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from whyspan_collector.errors import QueryError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def link(event: "DataclassInstance", number: int, before: str) -> str:
    """The hash of an event and all before it, 64 hex digits; `before` is that of the one before, empty for the first."""
    content = json.dumps({**asdict(event), "number": number, "before": before}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def not_chained(rows: Iterable[Mapping[str, Any]]) -> int:
    """How many rows at the beginning of a log have no hash: they were written before the log had a chain."""
    return sum(1 for _ in takewhile(lambda row: row["hash"] is None, rows))


def broken_at(kind: "type[DataclassInstance]", rows: Iterable[Mapping[str, Any]]) -> int | None:
    """The number from which on a log is not what was written; None where all of it is, as far as it is chained.

    Args:
        kind: what a row is made of.
        rows: all of them, in order, each with its number and hash.
    """
    before = None
    for expected, row in enumerate(rows, start=1):
        if row["number"] != expected:
            return expected
        if row["hash"] is None and before is None:
            continue
        try:
            hashed = link(kind(**{field.name: row[field.name] for field in fields(kind)}), expected, before or "")
        except QueryError:
            return expected
        if row["hash"] != hashed:
            return expected
        before = hashed
    return None
