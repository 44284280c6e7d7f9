"""Taking out of `packs` what nothing refers to any more: what deleted runs had for themselves, and outdated versions of spans."""

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.packs import pack, unpack
from whyspan_collector.pieces import read_recipe, recipe
from whyspan_collector.sql import named_tables, statements

_AT_ONCE: Final = 64
"""Packs read together, 16 MB inflated."""
_EMPTY: Final = recipe([], b"")


def sweep(connection: DuckDBPyConnection) -> int:
    """Empties every item that no row reaches, inside the caller's transaction; items keep their numbers, empty packs go.

    An item refers to earlier ones only, so one pass from the last pack to the first knows of each whether it is needed.

    Returns:
        the bytes taken out, inflated.
    """
    ((end,),) = connection.execute(statements()["end_of_items"]).fetchall()
    needed = bytearray(end)
    for (item,) in _rows(connection, "items_in_use"):
        needed[item] = 1
    removed, before = 0, end
    while packs := connection.execute(statements()["packs_before"], {"before": before, "count": _AT_ONCE}).fetchall():
        before = packs[-1][0]
        changed: dict[int, list[bytes]] = {}
        for first, sizes, stored in packs:
            items = unpack(sizes, stored)
            kept = list(_kept(first, items, needed))[::-1]
            if kept != items:
                changed[first] = kept
                removed += sum(map(len, items)) - sum(map(len, kept))
        if changed:
            with named_tables(connection, swept=_table(changed)):
                connection.execute(statements()["delete_swept_packs"])
                connection.execute(statements()["replace_packs"])
    return removed


def _kept(first: int, items: list[bytes], needed: bytearray) -> Iterator[bytes]:
    """Yields the items from the last to the first, empty where they are not needed, and notes what they need."""
    for number in range(first + len(items) - 1, first - 1, -1):
        item = items[number - first]
        if not needed[number]:
            yield _EMPTY
            continue
        for step in read_recipe(item)[0]:
            needed[step.item] = 1
        yield item


def _rows(connection: DuckDBPyConnection, statement: str) -> Iterator[tuple[int]]:
    found = connection.execute(statements()[statement])
    while rows := found.fetchmany(100_000):
        yield from rows


def _table(changed: dict[int, list[bytes]]) -> pa.Table:
    return pa.table(
        {
            "first_item": pa.array(changed, pa.uint64()),
            "sizes": pa.array([[len(item) for item in items] for items in changed.values()], pa.list_(pa.uint32())),
            "is_empty": pa.array([all(item == _EMPTY for item in items) for items in changed.values()]),
            "stored": pa.array([pack(items) for items in changed.values()], pa.binary()),
        }
    )
