"""Encoded spans on disk until a collector has them, so that neither a killed process nor a dead collector loses them.

`<spool>/<destination>/<process>/` holds segments of framed, checksummed records and a lock that lives as long as the
process. A folder whose lock is free belongs to nobody any more: whoever finds it sends what is in it.
"""

import contextlib
import errno
import os
import re
import secrets
import sys
import tempfile
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Final, cast

if sys.platform != "win32":
    import fcntl

SEGMENT_BYTES: Final = 2**20
"""Size at which a segment is closed: large enough to send an hour's backlog in few requests, small enough for any limit."""
MEMORY_BYTES: Final = 16 * 2**20
"""What is kept in memory where nothing can be written: a full disk, a read-only file system, Windows."""
_FRAME = Struct("<III")
"""Before every record: its length in bytes, its CRC-32, the number of spans in it."""
_SEGMENT = re.compile(r"\d{8}\.otlp")


@dataclass(frozen=True, slots=True)
class Segment:
    """Records that are sent as one request."""

    path: Path | None
    """Where they are; None for one in memory."""
    spans: int
    size: int
    """Bytes."""
    body: bytes | None = None
    """The records themselves, of a segment in memory."""

    def read(self) -> tuple[bytes, int]:
        """The request's body and its spans; a record that was not written to its end is left out.

        Raises:
            OSError: the file is gone or cannot be read.
        """
        if self.body is not None:
            return self.body, self.spans
        return _read(self.path.read_bytes() if self.path else b"")


def _read(data: bytes) -> tuple[bytes, int]:
    body, total, at = [], 0, 0
    while at + _FRAME.size <= len(data):
        length, checksum, spans = _FRAME.unpack_from(data, at)
        record = data[at + _FRAME.size : at + _FRAME.size + length]
        if len(record) < length or zlib.crc32(record) != checksum:
            break
        body.append(record)
        total += spans
        at += _FRAME.size + length
    return b"".join(body), total


def default_root() -> Path:
    """`WHYSPAN_SPOOL`, else a folder of this user's own state.

    The places are those of the XDG base directory specification, and Apple's for caches.
    """
    if chosen := os.environ.get("WHYSPAN_SPOOL"):
        return Path(chosen)
    try:
        home = Path.home()
    except RuntimeError:  # no HOME and no entry in passwd, as in some containers
        return Path(tempfile.gettempdir()) / f"whyspan-spool-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "whyspan" / "spool"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "whyspan" / "spool"


class Spool:
    """The segments of one process for one destination; every method may be called from any thread."""

    def __init__(self, folder: Path, budget: int) -> None:
        """`folder` is the destination's; `budget` is in bytes, for all processes that send there together."""
        self._destination = folder
        self._budget = budget
        self._folder: Path | None = None
        self._lock_file: int | None = None
        self._open: int | None = None
        self._numbers = iter(range(1, 10**8))
        self._segments: deque[Segment] = deque()
        self._memory = 0
        self._mutex = threading.RLock()
        self.fault: OSError | None = None
        """Why nothing can be written; None while all is well."""

    def append(self, body: bytes, spans: int) -> int:
        """Keeps a request's body; returns how many spans, these or older ones, had to go for it."""
        with self._mutex:
            try:
                lost = self._room()
                self._write(_FRAME.pack(len(body), zlib.crc32(body), spans) + body, spans)
            except OSError as error:
                self.fault = error
                self._close_segment()
                return self._keep_in_memory(body, spans)
            self.fault = None
            return lost

    def next(self) -> Segment | None:
        """The oldest segment, closed so that it can be sent; None when there is none."""
        with self._mutex:
            if not self._segments:
                return None
            if len(self._segments) == 1:
                self._close_segment()
            return self._segments[0]

    def remove(self, segment: Segment) -> None:
        """Forgets a segment that is dealt with."""
        with self._mutex:
            if segment in self._segments:
                self._segments.remove(segment)
                if segment.body is not None:
                    self._memory -= segment.size
            if segment.path is not None:
                segment.path.unlink(missing_ok=True)

    def adopt(self) -> Iterator[Segment]:
        """The segments that processes left behind when they died; their folder goes when all are removed."""
        for folder in self._abandoned():
            with _locked(folder) as ours:
                if ours:
                    yield from _segments_of(folder)
                    _remove(folder)

    def close(self) -> None:
        """Gives the folder up: removed when nothing is left in it, else for the next process to send."""
        with self._mutex:
            self._close_segment()
            if self._folder is not None and not any(segment.path for segment in self._segments):
                _remove(self._folder)
            if self._lock_file is not None:
                os.close(self._lock_file)
            self._folder = self._lock_file = None

    def abandon(self) -> None:
        """In a child made by fork: lets go of files that are the parent's."""
        for descriptor in (self._open, self._lock_file):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _room(self) -> int:
        """Sees to it that there is an open segment; returns how many spans had to go for it."""
        if self._open is not None and self._segments[-1].size < SEGMENT_BYTES:
            return 0
        self._close_segment()
        path = self._own_folder() / f"{next(self._numbers):08}.otlp"
        lost = self._trim()
        self._open = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._segments.append(Segment(path, 0, 0))
        return lost

    def _write(self, data: bytes, spans: int) -> None:
        descriptor = cast("int", self._open)
        written = os.write(descriptor, data)
        last = self._segments[-1]
        if written < len(data):
            os.ftruncate(descriptor, last.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._segments[-1] = Segment(last.path, last.spans + spans, last.size + written)

    def _own_folder(self) -> Path:
        if self._folder is None:
            if sys.platform == "win32":
                raise OSError("no spool on Windows, where a lock does not tell the dead from the living")
            self._destination.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = self._destination / f"{os.getpid()}-{secrets.token_hex(4)}"
            folder.mkdir(mode=0o700)
            self._lock_file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._folder = folder
        return self._folder

    def _close_segment(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _keep_in_memory(self, body: bytes, spans: int) -> int:
        self._segments.append(Segment(None, spans, len(body), body))
        self._memory += len(body)
        lost = 0
        while self._memory > MEMORY_BYTES:
            oldest = next(segment for segment in self._segments if segment.body is not None)
            lost += oldest.spans
            self.remove(oldest)
        return lost

    def _trim(self) -> int:
        """Keeps the destination within its budget: what dead processes left goes first, then the oldest of our own."""
        excess = sum(path.stat().st_size for path in self._destination.glob("*/*.otlp")) - self._budget
        lost = 0
        for segment in self.adopt() if excess > 0 else ():
            if excess > 0:
                excess, lost = excess - segment.size, lost + segment.spans
                self.remove(segment)
        while excess > 0 and self._segments:
            oldest = self._segments[0]
            excess, lost = excess - oldest.size, lost + oldest.spans
            self.remove(oldest)
        return lost

    def _abandoned(self) -> list[Path]:
        if sys.platform == "win32" or not self._destination.is_dir():
            return []
        return sorted(path.parent for path in self._destination.glob("*/lock") if path.parent != self._folder)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Holds the lock of a folder, if nobody else does."""
    try:
        lock_file = os.open(folder / "lock", os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:  # its owner, or another heir, was quicker
        yield False
        return
    try:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(lock_file)


def _segments_of(folder: Path) -> Iterator[Segment]:
    for path in sorted(path for path in folder.iterdir() if _SEGMENT.fullmatch(path.name)):
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            yield Segment(path, _read(data)[1], len(data))


def _remove(folder: Path) -> None:
    """Removes a folder of ours that holds no more segments; one that does stays for later."""
    if not any(_segments_of(folder)):
        with contextlib.suppress(OSError):
            (folder / "lock").unlink(missing_ok=True)
            folder.rmdir()
