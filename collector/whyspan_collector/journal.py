"""The journal: what was acknowledged and is not yet in the store, on disk, in segments of records.

A record is durable when `append` returns; appends that wait at the same time share one fsync. A segment is deleted
once it is full and all of its records are in the store. What a crash leaves is found again by `leftover`.
"""

import os
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from whyspan_collector.otlp import ENCODINGS, SIGNALS, Encoding, Signal

_HEAD: Final = struct.Struct("<II")
"""Length of the payload and its crc32; the payload is `_META` and the body."""
_META: Final = struct.Struct("<QBB")
"""Arrival in nanoseconds since the epoch, index of the signal, index of the encoding."""
_SUFFIX: Final = {"protobuf": "pb", "json": "json"}
_SEGMENT_BYTES: Final = 16 * 1024 * 1024
"""Large enough that creating and deleting segments costs nothing, small enough that little is converted twice."""

_CLOSED: Final = -1
_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class JournalFull(Exception):
    """The backlog has reached its bound; sending again later will work."""


class JournalUnavailable(Exception):
    """The record could not be made durable: no space on the device, or it failed."""


class Position(NamedTuple):
    """Where a record is."""

    segment: int
    start: int
    end: int


class Record(NamedTuple):
    """One acknowledged request."""

    signal: Signal
    encoding: Encoding
    body: bytes
    arrived_ns: int


@dataclass(slots=True)
class _Segment:
    number: int
    path: Path
    size: int = 0
    file: int = _CLOSED
    """File descriptor while records are appended."""
    durable: int = 0
    """Bytes known to be on disk."""
    syncing: bool = False
    failure: OSError | None = None
    unconverted: int = 0
    """Records not yet reported by `done`."""


class Journal:
    """An append-only queue of requests in a folder. Thread-safe; one process may have it open at a time."""

    def __init__(self, folder: Path, bound: int) -> None:
        """Open the folder, creating it where needed, and find what an earlier process left.

        Args:
            folder: where the segments are.
            bound: largest number of bytes all segments may have together.

        Raises:
            JournalUnavailable: the folder cannot be created or read.
        """
        self._folder = folder
        self._bound = bound
        self._segment_bytes = min(_SEGMENT_BYTES, bound // 4)
        self._changed = threading.Condition()
        self._segments: dict[int, _Segment] = {}
        self._current: _Segment | None = None
        self._damaged_bytes = 0
        try:
            self._failed_folder.mkdir(parents=True, exist_ok=True)
            self._leftover = list(self._recover())
        except OSError as error:
            raise JournalUnavailable(f"the journal in {folder} cannot be opened: {error}") from error
        self._next_number = max(self._segments, default=0) + 1

    # --- writing ----------------------------------------------------------------------------------------------

    def append(self, signal: Signal, encoding: Encoding, body: bytes, arrived_ns: int) -> Position:
        """Write a record and wait until it is on disk.

        Raises:
            JournalFull: the segments would exceed the bound.
            JournalUnavailable: the device refused; nothing was acknowledged and a later append may work.
        """
        payload = _META.pack(arrived_ns, SIGNALS.index(signal), ENCODINGS.index(encoding)) + body
        data = _HEAD.pack(len(payload), zlib.crc32(payload)) + payload
        with self._changed:
            segment = self._writable(len(data))
            start = segment.size
            self._write(segment, data)
            end = segment.size
            segment.unconverted += 1
            while segment.durable < end and segment.failure is None:
                if segment.syncing:
                    self._changed.wait()
                else:
                    self._sync(segment)
            if segment.durable < end:
                segment.unconverted -= 1
                raise JournalUnavailable(f"the journal cannot be written: {segment.failure}")
        return Position(segment.number, start, end)

    def _writable(self, size: int) -> _Segment:
        """The segment to append to; a full or failed one is closed and followed by a new one."""
        while True:
            if sum(segment.size for segment in self._segments.values()) + size > self._bound:
                raise JournalFull(f"the journal has reached its bound of {self._bound} bytes")
            segment = self._current
            if segment and segment.failure is None and segment.size < self._segment_bytes:
                return segment
            if segment and segment.syncing:
                self._changed.wait()
            elif segment and segment.failure is None and segment.durable < segment.size:
                self._sync(segment)
            else:
                created = self._create()
                self._close_current()
                self._current = self._segments[created.number] = created

    def _create(self) -> _Segment:
        number = self._next_number
        path = self._folder / f"{number:012}.segment"
        self._next_number += 1
        try:
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _sync_folder(self._folder)
            except OSError:
                os.close(file)
                raise
        except OSError as error:
            raise JournalUnavailable(f"the journal cannot be written: {error}") from error
        return _Segment(number, path, file=file)

    def _write(self, segment: _Segment, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(segment.file, rest) :]
        except OSError as error:
            os.ftruncate(segment.file, segment.size)  # so that the next record follows an intact one
            raise JournalUnavailable(f"the journal cannot be written: {error}") from error
        segment.size += len(data)

    def _sync(self, segment: _Segment) -> None:
        """Make all of the segment durable, for everybody who waits; the lock is free meanwhile."""
        segment.syncing = True
        end = segment.size
        self._changed.release()
        try:
            _sync_data(segment.file)
            failure = None
        except OSError as error:
            failure = error
        finally:
            self._changed.acquire()
            segment.syncing = False
            self._changed.notify_all()
        if failure is None:
            segment.durable = end
        else:
            segment.failure = failure

    def _close_current(self) -> None:
        segment, self._current = self._current, None
        if segment:
            os.close(segment.file)
            segment.file = _CLOSED
            self._forget_converted(segment)

    # --- reading ----------------------------------------------------------------------------------------------

    def _recover(self) -> Iterator[Position]:
        for path in sorted(self._folder.glob("*.segment")):
            segment = _Segment(int(path.stem), path, size=path.stat().st_size)
            self._segments[segment.number] = segment
            for start, end in self._intact(path.read_bytes()):
                segment.unconverted += 1
                yield Position(segment.number, start, end)
            self._forget_converted(segment)

    def _intact(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Start and end of each intact record; what is damaged was either never acknowledged or is counted as lost."""
        start = 0
        while start + _HEAD.size <= len(data):
            length, checksum = _HEAD.unpack_from(data, start)
            end = start + _HEAD.size + length
            if length < _META.size or end > len(data):
                break
            if zlib.crc32(data[start + _HEAD.size : end]) == checksum:
                yield start, end
            else:
                self._damaged_bytes += end - start
            start = end
        self._damaged_bytes += len(data) - start

    def leftover(self) -> list[Position]:
        """The records an earlier process acknowledged and did not report as done, oldest first."""
        return self._leftover

    def read(self, position: Position) -> Record:
        """The record at a position that is not done yet."""
        with self._segments[position.segment].path.open("rb") as file:
            file.seek(position.start + _HEAD.size)
            payload = file.read(position.end - position.start - _HEAD.size)
        arrived_ns, signal, encoding = _META.unpack_from(payload)
        return Record(SIGNALS[signal], ENCODINGS[encoding], payload[_META.size :], arrived_ns)

    def done(self, positions: Iterable[Position]) -> None:
        """These records are in the store for good; each may be reported once."""
        with self._changed:
            for position in positions:
                segment = self._segments[position.segment]
                segment.unconverted -= 1
                self._forget_converted(segment)

    def _forget_converted(self, segment: _Segment) -> None:
        """Free the space of a segment whose records are all in the store, so that no copy of them lingers."""
        if segment.unconverted or segment.syncing or segment.failure:
            return
        if segment.file == _CLOSED:
            segment.path.unlink(missing_ok=True)
            del self._segments[segment.number]
        else:
            os.ftruncate(segment.file, 0)
            segment.size = segment.durable = 0

    # --- what could not be converted --------------------------------------------------------------------------

    @property
    def _failed_folder(self) -> Path:
        return self._folder / "failed"

    def set_aside(self, position: Position, reason: str) -> None:
        """Keep the body of a record that cannot be converted as a file of its own, which `whyspan import` reads."""
        record = self.read(position)
        path = self._failed_folder / f"{record.arrived_ns}-{position.segment}-{position.start}"
        body, why = path.with_suffix(f".{_SUFFIX[record.encoding]}"), path.with_suffix(".reason.txt")
        try:
            with body.open("wb") as file:
                file.write(record.body)
                file.flush()
                os.fsync(file.fileno())
            why.write_text(reason + "\n", encoding="utf-8")
            _sync_folder(self._failed_folder)
        except OSError:
            body.unlink(missing_ok=True)
            why.unlink(missing_ok=True)
            raise

    def _failed(self) -> list[Path]:
        return sorted(path for path in self._failed_folder.iterdir() if path.suffix in {".pb", ".json"})

    # --- the whole --------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Counters for people: backlog in records and bytes, what was damaged and what was set aside."""
        with self._changed:
            segments = list(self._segments.values())
        return {
            "waiting": sum(segment.unconverted for segment in segments),
            "bytes": sum(segment.size for segment in segments),
            "bound": self._bound,
            "damaged_bytes": self._damaged_bytes,
            "failed": len(self._failed()),
            "failed_folder": str(self._failed_folder),
        }

    def close(self) -> None:
        """Close the current segment, which is deleted when all of it is done. May be called twice."""
        with self._changed:
            while self._current and self._current.syncing:
                self._changed.wait()
            self._close_current()


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a new file is lost in a crash without it."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
