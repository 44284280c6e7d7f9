"""The text index as a file: texts in and out by trace, phrases searched. Knows neither the store nor runs."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from whyspan_collector.packs import pack, unpack
from whyspan_collector.search.span_texts import words

_SCRIPT: Final = files(__package__).joinpath("index.sql").read_text(encoding="utf-8")
_VERSION: Final = int.from_bytes(sha256(_SCRIPT.encode()).digest()[:3])
_SHIFT: Final = 24
"""Bits of a text's id behind the number of its trace: sixteen million texts a trace."""


class Text(NamedTuple):
    """One text to index, or one found."""

    span_id: str
    place: str
    text: str


class Trace(NamedTuple):
    """What is to be indexed of a trace."""

    trace_id: str
    arrived_ns: int
    """When the newest of it arrived."""
    texts: Iterable[Text]
    """All of it; one that comes again is left out."""


class TextIndex:
    """The open index. Thread-safe; one process may write it at a time, which is the one that holds the database."""

    def __init__(self, path: Path) -> None:
        """Opens the file; one that is damaged or of another version is begun anew."""
        self.path = path
        self._lock = Lock()
        try:
            self._writer = self._open()
        except sqlite3.DatabaseError:
            for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
                each.unlink(missing_ok=True)
            self._writer = self._open()

    def arrivals(self) -> dict[str, int]:
        """Trace id -> when the newest arrived of what is indexed of it, nanoseconds since the epoch."""
        with self._reader() as reader:
            return dict(reader.execute("SELECT trace_id, arrived_ns FROM traces"))

    def replace(self, traces: Iterable[Trace]) -> None:
        """Indexes traces anew, in one transaction."""
        with self._lock, self._writer as writer:
            texts: list[tuple[int, Text]] = []
            for trace in traces:
                self._forget(writer, trace.trace_id)
                texts += self._keep(writer, trace)
            # Together, because FTS5 writes a segment whenever another statement comes between, and merges them later.
            writer.executemany(
                "INSERT INTO words (rowid, text) VALUES (?, ?)", ((row, each.text) for row, each in texts)
            )
            writer.executemany("INSERT INTO texts VALUES (?, ?, ?)", ((row, *each[:2]) for row, each in texts))

    @staticmethod
    def _keep(writer: sqlite3.Connection, trace: Trace) -> Iterator[tuple[int, Text]]:
        """Stores the texts of a trace, each once. Returns them with their ids."""
        first: dict[str, Text] = {}
        for span_id, place, text in trace.texts:
            if text.strip() and text not in first:
                first[text] = Text(span_id, place, words(text))
        stored = [each.text.encode() for each in first.values()]
        ((number,),) = writer.execute(
            "INSERT INTO traces (trace_id, arrived_ns, sizes, texts) VALUES (?, ?, ?, ?) RETURNING number",
            (trace.trace_id, trace.arrived_ns, json.dumps(list(map(len, stored))), pack(stored)),
        ).fetchall()
        return zip(range(number << _SHIFT, (number + 1) << _SHIFT), first.values(), strict=False)

    def forget(self, trace_ids: Iterable[str], *, erase: bool = False) -> None:
        """Removes traces.

        Args:
            trace_ids: which; those that are not indexed are passed over.
            erase: also rewrites the file, so that no word of theirs can be read from it any more and it is as small as can be.
        """
        with self._lock:
            with self._writer as writer:
                for trace_id in trace_ids:
                    self._forget(writer, trace_id)
                if erase:
                    writer.execute("INSERT INTO words (words) VALUES ('optimize')")
            if erase:
                self._writer.execute("VACUUM")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def search(self, phrase: str, split: Sequence[str] = ()) -> tuple[list[str], list[tuple[str, str]]]:
        """Finds a phrase, of which the last word may end in `*`.

        Args:
            phrase: words in this order; case, accents and what stands between them do not matter.
            split: traces of which it matters in which span the phrase stands.

        Returns:
            The ids of the other traces it stands in, and (trace id, span id) of where it stands in those.
        """
        with self._reader() as reader:
            hits = "SELECT DISTINCT rowid >> ? AS number FROM words WHERE words MATCH ?"
            found = reader.execute(
                f"SELECT trace_id, number FROM ({hits}) JOIN traces USING (number)", (_SHIFT, _match(phrase))
            ).fetchall()
            exact = set(split)
            return [trace_id for trace_id, _ in found if trace_id not in exact], [
                (trace_id, span_id)
                for trace_id, number in found
                if trace_id in exact
                for _, span_id, _ in _places(reader, phrase, number)
            ]

    def spans_with(self, phrase: str) -> list[tuple[str, str]]:
        """Finds (trace id, span id) of every text the phrase stands in; a text that was repeated counts where it stood first."""
        with self._reader() as reader:
            return reader.execute(
                "SELECT DISTINCT trace_id, span_id FROM words JOIN texts ON texts.id = words.rowid"
                " JOIN traces ON traces.number = words.rowid >> ? WHERE words MATCH ?",
                (_SHIFT, _match(phrase)),
            ).fetchall()

    def texts(self, phrase: str, trace_id: str, most: int) -> list[Text]:
        """Reads the first texts of a trace the phrase stands in."""
        with self._reader() as reader:
            numbers = reader.execute(
                "SELECT number, sizes, texts FROM traces WHERE trace_id = ?", (trace_id,)
            ).fetchall()
            return [
                Text(span_id, place, stored[row - (number << _SHIFT)])
                for (number, *packed) in numbers
                for stored in [_unpacked(*packed)]
                for row, span_id, place in _places(reader, phrase, number, most)
            ]

    def status(self) -> dict[str, int]:
        """Counts: `traces`, `texts`, and `file_bytes` with what is not checkpointed yet."""
        with self._reader() as reader:
            ((traces, texts),) = reader.execute("SELECT (SELECT count(*) FROM traces), (SELECT count(*) FROM texts)")
        parts = (self.path, self.path.with_name(self.path.name + "-wal"))
        return {"traces": traces, "texts": texts, "file_bytes": sum(p.stat().st_size for p in parts if p.exists())}

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._writer.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # derived: what a power cut takes is indexed again
            connection.execute("PRAGMA secure_delete = ON")
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if version != _VERSION:  # the script fails on the tables of another version
                connection.executescript(f"BEGIN; {_SCRIPT} PRAGMA user_version = {_VERSION}; COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as reader:
            yield reader

    @staticmethod
    def _forget(writer: sqlite3.Connection, trace_id: str) -> None:
        gone = writer.execute(
            "DELETE FROM traces WHERE trace_id = ? RETURNING number, sizes, texts", (trace_id,)
        ).fetchall()
        for number, *packed in gone:
            writer.execute("DELETE FROM texts WHERE id >= ? AND id < ?", (number << _SHIFT, (number + 1) << _SHIFT))
            # FTS5 without content of its own must be told what it is to forget.
            writer.executemany(
                "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)",
                enumerate(_unpacked(*packed), number << _SHIFT),
            )


def _unpacked(sizes: str, texts: bytes) -> list[str]:
    return [text.decode() for text in unpack(json.loads(sizes), texts)]


def _places(reader: sqlite3.Connection, phrase: str, number: int, most: int = -1) -> list[tuple[int, str, str]]:
    """Finds the texts of a trace a phrase stands in: their ids, spans and places."""
    return reader.execute(
        "SELECT id, span_id, place FROM words JOIN texts ON texts.id = words.rowid"
        " WHERE words MATCH ? AND words.rowid >= ? AND words.rowid < ? ORDER BY words.rowid LIMIT ?",
        (_match(phrase), number << _SHIFT, (number + 1) << _SHIFT, most),
    ).fetchall()


def _match(phrase: str) -> str:
    """The phrase in FTS5's language: one quoted string, in which nothing but quotes has a meaning."""
    quoted = '"' + words(phrase.removesuffix("*")).replace('"', " ") + '"'
    return f"{quoted} *" if phrase.endswith("*") else quoted
