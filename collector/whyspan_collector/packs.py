"""The payload of the store: items of bytes, packed together and compressed, of which each is kept once.

An item is a recipe (`pieces`): bytes, and references to other items. A record is an item, so is what it shares with others,
and so is every piece it repeats. Items are numbered as they come; a pack is a row with the items from one number on.
"""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.digest import digest
from whyspan_collector.pieces import CUT_FROM, Step, cut, read_recipe, recipe
from whyspan_collector.sql import named_tables, statements

_PACK_BYTES: Final = 256 * 1024
"""Inflated. Larger packs shrink by another 5 % and cost every reader of one span more: this one takes 0.3 ms."""
_OPEN_BYTES: Final = 64 * 1024
"""A smaller pack is written again, with what comes next: a few spans by themselves shrink by half, a pack to a quarter."""
_CODEC: Final = pa.Codec("zstd", compression_level=1)
"""Level 3 takes half as long again for a tenth of the size."""
_REMEMBERED: Final = 100_000
"""Pieces whose names are kept in memory, twice over at most: about 40 MB. A piece that was forgotten is stored again."""
_WARM_PACKS: Final = 64
"""Packs that are read at the start to know their pieces again, 16 MB: the sessions that go on after a restart."""
_STEPS: Final = 32
"""A recipe with more steps is cut itself: a session of a thousand messages would otherwise name them all in every span."""


class Writer:
    """Adds items. What it knows is what it has read and written; after a failed commit a new one must take its place."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        """Learns the newest items, so that what goes on now need not be stored twice."""
        self._known: dict[bytes, int] = {}
        self._known_longer: dict[bytes, int] = {}
        self._items: list[bytes] = []
        """The items of the pack that is not full and, behind them, the new ones."""
        self._first = self._next = 1
        self._stored = 0
        """How many of `_items` are in a row already."""
        for first, sizes, stored in connection.execute(statements()["newest_packs"], {"count": _WARM_PACKS}).fetchall():
            self._items = unpack(sizes, stored)
            self._first, self._next, self._stored = first, first + len(sizes), len(sizes)
            for number, item in enumerate(self._items, first):
                self._remember(digest(item), number)

    def add(self, record: bytes) -> int:
        """Adds a record, of which pieces that are known are not stored again. Returns its item's number."""
        if len(record) < CUT_FROM:
            return self._append(recipe([], record))
        steps, done = [], 0
        for start, end in cut(record):
            steps.append(Step(record[done:start], self.add_once(record[start:end])))
            done = end
        while len(steps) > _STEPS:
            shorter = self._shortened(steps)
            if len(shorter) == len(steps):
                break
            steps = shorter
        return self._append(recipe(steps, record[done:]))

    def add_once(self, piece: bytes) -> int:
        """Adds bytes that will come again. Returns their item's number, the same for the same bytes as long as it is known."""
        return self._add_once([], piece)

    def _add_once(self, steps: list[Step], rest: bytes) -> int:
        item = recipe(steps, rest)
        name = digest(item)
        number = self._known.get(name) or self._known_longer.get(name)
        if number is None:
            number = self._append(item)
        self._remember(name, number)
        return number

    def _shortened(self, steps: Sequence[Step]) -> list[Step]:
        """The steps with runs of them made into items of their own; a run ends behind an item whose number says so."""
        shorter: list[Step] = []
        run: list[Step] = []
        for step in steps:
            run.append(step)
            if step.item % 16 == 0:
                shorter.append(Step(b"", self._add_once(run, b"")))
                run = []
        return shorter + run

    def _append(self, item: bytes) -> int:
        self._items.append(item)
        self._next += 1
        return self._next - 1

    def _remember(self, name: bytes, number: int) -> None:
        self._known[name] = number
        if len(self._known) >= _REMEMBERED:
            self._known_longer, self._known = self._known, {}

    def write(self, connection: DuckDBPyConnection) -> None:
        """Writes the new items, inside the caller's transaction. The pack that was not full is written again, longer."""
        if len(self._items) == self._stored:
            return
        if self._stored:
            connection.execute(statements()["delete_pack"], {"first_item": self._first})
        packs: list[list[bytes]] = [[]]
        filled = 0
        for item in self._items:
            if filled >= _PACK_BYTES:
                packs.append([])
                filled = 0
            packs[-1].append(item)
            filled += len(item)
        starts = [self._first]
        for items in packs[:-1]:
            starts.append(starts[-1] + len(items))
        with named_tables(connection, incoming=self._table(starts, packs)):
            connection.execute(statements()["insert_packs"])
        self._first, self._items, self._stored = starts[-1], packs[-1], len(packs[-1])
        if filled >= _OPEN_BYTES:
            self._first, self._items, self._stored = self._next, [], 0

    def _table(self, starts: list[int], packs: list[list[bytes]]) -> pa.Table:
        return pa.table(
            {
                "first_item": pa.array(starts, pa.uint64()),
                "sizes": pa.array([list(map(len, items)) for items in packs], pa.list_(pa.uint32())),
                "stored": pa.array([pack(items) for items in packs], pa.binary()),
            }
        )


class Reader:
    """Reads items, every pack at most once."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        """Reads what the connection sees."""
        self._connection = connection
        self._items: dict[int, bytes] = {}
        """As stored: recipes."""
        self._made_of: dict[int, tuple[list[Step], bytes]] = {}
        """Recipes with steps, read."""
        self._whole: dict[int, bytes] = {}

    def read(self, wanted: set[int]) -> dict[int, bytes]:
        """The bytes of these items, as they were added."""
        level = wanted
        while level:
            if missing := [number for number in level if number not in self._items]:
                self._load(missing)
            below: set[int] = set()
            for number in level:
                steps, rest = read_recipe(self._items[number])
                if steps:
                    self._made_of[number] = steps, rest
                    below.update(step.item for step in steps)
                else:
                    self._whole[number] = rest
            level = below - self._whole.keys() - self._made_of.keys()
        return {number: self._expanded(number) for number in wanted}

    def _load(self, numbers: Sequence[int]) -> None:
        with named_tables(self._connection, wanted=pa.table({"item": pa.array(numbers, pa.uint64())})):
            for first, sizes, stored in self._connection.execute(statements()["packs_with"]).fetchall():
                self._items.update(enumerate(unpack(sizes, stored), first))

    def _expanded(self, number: int) -> bytes:
        whole = self._whole.get(number)
        if whole is None:
            steps, rest = self._made_of[number]
            parts = [part for literal, item in steps for part in (literal, self._expanded(item))]
            whole = self._whole[number] = b"".join((*parts, rest))
        return whole


def unpacked(connection: DuckDBPyConnection, table: pa.Table) -> pa.Table:
    """The table with the bytes in its columns `message` and `context`, where it has them, instead of numbers of items."""
    names = [name for name in ("message", "context") if name in table.column_names]
    numbers = {name: table[name].to_pylist() for name in names}
    read = Reader(connection).read({number for each in numbers.values() for number in each})
    for name in names:
        items = pa.array([read[number] for number in numbers[name]], pa.large_binary())
        table = table.set_column(table.column_names.index(name), name, items)
    return table


def pack(items: Sequence[bytes]) -> bytes:
    """The stored form of items."""
    compressed: bytes = _CODEC.compress(b"".join(items), asbytes=True)
    return compressed


def unpack(sizes: Sequence[int], stored: bytes) -> list[bytes]:
    """The items of these sizes that `pack` stored."""
    inflated = _CODEC.decompress(stored, decompressed_size=sum(sizes), asbytes=True)
    items, at = [], 0
    for size in sizes:
        items.append(inflated[at : at + size])
        at += size
    return items
