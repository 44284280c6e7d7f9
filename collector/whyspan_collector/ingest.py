"""From an accepted request to rows of the store: journal first, then convert in the background in large batches.

`accept` returns when the request survives a crash. One thread turns journal records into batches for the store and
reports them done. Every step may run twice: the store de-duplicates.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from whyspan_collector.errors import StoreUnavailable
from whyspan_collector.journal import Journal, Position
from whyspan_collector.otlp import Encoding, Received, Signal, receive
from whyspan_collector.redaction import Redactor, Rules
from whyspan_collector.store import Store

_LINGER_SECONDS: Final = 0.2
"""How long the first record waits for company: a commit costs the same 8 ms for one span and for a hundred."""
_BATCH_BYTES: Final = 16 * 1024 * 1024
"""About 6,000 spans of 2.7 KB: beyond some thousand a batch gains nothing and takes memory."""
_KEPT_BYTES: Final = 64 * 1024 * 1024
"""Bodies whose decoded spans wait in memory; what is beyond is decoded again from the journal."""
_RETRY_SECONDS: Final = 2.0
"""Pause before the store is tried again: a full disk does not empty itself faster."""

Forward: TypeAlias = Callable[[Signal, bytes, Encoding], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one request."""

    accepted: int
    """Spans, log records or metric points taken."""
    rejected: list[str]
    """One sentence per record that was not taken."""


@dataclass(slots=True)
class _Waiting:
    position: Position
    size: int
    arrived_ns: int
    batch: Received | None
    """The decoded records; None when memory was short or the record comes from an earlier process."""


class Ingest:
    """The way into the store, from construction (which takes up what a crash left in the journal) to `close`."""

    def __init__(
        self, store: Store, journal: Journal, redactor: Redactor | None = None, forward: Forward | None = None
    ) -> None:
        """Takes over the store and the journal.

        Args:
            store: where everything goes.
            journal: where it waits.
            redactor: masks secrets; by the built-in rules unless it is given.
            forward: called, and to return at once, with every request that was taken.
        """
        self._redactor = redactor or Redactor(Rules())
        self._forward = forward
        self._store = store
        self._journal = journal
        self._changed = threading.Condition()
        self._queue = deque(_Waiting(place, place.end - place.start, 0, None) for place in journal.leftover())
        self._left_over = self._enqueued = len(self._queue)
        self._queued_bytes = sum(waiting.size for waiting in self._queue)
        self._converted = 0
        self._kept_bytes = 0
        self._draining = 0
        self._closing = False
        self._stopped = False
        self._trouble: str | None = None
        self._accepted: Counter[Signal] = Counter()
        self._rejected = 0
        self._uncounted: Counter[str] = Counter()
        """What the store is to count lastingly beside the records it gets; a crash loses what came since the last batch."""
        self._thread = threading.Thread(target=self._convert_until_closed, name="whyspan-converter", daemon=True)
        self._thread.start()

    def accept(self, signal: Signal, body: bytes, encoding: Encoding) -> Accepted:
        """Check a request, mask its secrets and make it durable. Thread-safe; blocks for the fsync.

        Metrics are decoded and counted, nothing of them is kept.

        Raises:
            Malformed: the body is no such request; nothing was kept.
            JournalFull: the store is too far behind; sending again later will work.
            JournalUnavailable: the disk is full or failed; likewise.
        """
        body, encoding, refused = self._redactor.redact(signal, body, encoding)
        batch = receive(signal, body, encoding)
        rejected = refused + batch.rejected
        records = len(batch.spans) + len(batch.logs)
        if records:
            arrived_ns = time.time_ns()
            position = self._journal.append(signal, encoding, body, arrived_ns)
            self._enqueue(_Waiting(position, len(body), arrived_ns, batch))
        with self._changed:
            self._accepted[signal] += records + batch.points
            self._rejected += len(rejected)
            self._uncounted.update(rejected_records=len(rejected), metric_points=batch.points)
        if self._forward:
            self._forward(signal, body, encoding)
        return Accepted(records + batch.points, rejected)

    @property
    def caught_up(self) -> bool:
        """True once what an earlier process left in the journal is in the store."""
        return self._converted >= self._left_over

    def drain(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted before this call is queryable; False when `timeout` seconds were not enough."""
        with self._changed:
            target = self._enqueued
            self._draining += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._converted >= target or self._stopped, timeout)
            finally:
                self._draining -= 1
            return self._converted >= target

    def status(self) -> dict[str, Any]:
        """What was accepted and rejected since the start of this process, how much waits and why, and the journal's counters."""
        with self._changed:
            return {
                "accepted_spans": self._accepted["traces"],
                "accepted_logs": self._accepted["logs"],
                "accepted_points": self._accepted["metrics"],
                "rejected_records": self._rejected,
                "redacted_values": self._redactor.counts(),
                "waiting_requests": self._enqueued - self._converted,
                "trouble": self._trouble,
                "journal": self._journal.status(),
            }

    def close(self) -> None:
        """Convert what was accepted and stop; what the store cannot take stays in the journal. May be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._journal.close()

    # --- the converter's thread -------------------------------------------------------------------------------

    def _enqueue(self, waiting: _Waiting) -> None:
        with self._changed:
            if self._kept_bytes + waiting.size > _KEPT_BYTES:
                waiting.batch = None
            else:
                self._kept_bytes += waiting.size
            self._queue.append(waiting)
            self._queued_bytes += waiting.size
            self._enqueued += 1
            self._changed.notify_all()

    def _convert_until_closed(self) -> None:
        while batch := self._next_batch():
            requests, kept_bytes = len(batch), sum(waiting.size for waiting in batch if waiting.batch)
            if not self._convert(batch):
                break
            with self._changed:
                self._kept_bytes -= kept_bytes
                self._converted += requests
                self._changed.notify_all()
        with suppress(StoreUnavailable):
            self._count()
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _next_batch(self) -> list[_Waiting]:
        """The oldest records, together at most about `_BATCH_BYTES`; empty when the ingest was closed and nothing waits."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            self._changed.wait_for(self._worth_a_commit, _LINGER_SECONDS)
            batch: list[_Waiting] = []
            size = 0
            while self._queue and size < _BATCH_BYTES:
                batch.append(self._queue.popleft())
                size += batch[-1].size
            self._queued_bytes -= size
            return batch

    def _worth_a_commit(self) -> bool:
        return bool(self._closing or self._draining or self._queued_bytes >= _BATCH_BYTES)

    def _convert(self, batch: list[_Waiting]) -> bool:
        """Put a batch into the store, however long that takes; False when the ingest is closed before it worked."""
        while True:
            try:
                self._convert_or_set_aside(batch)
                self._count()
            except (StoreUnavailable, OSError) as error:
                if self._trouble is None:
                    _log.warning("the store cannot be written and is tried again until it can: %s", error)
                with self._changed:
                    self._trouble = str(error)
                    if self._changed.wait_for(lambda: self._closing, _RETRY_SECONDS):
                        return False
            else:
                self._trouble = None
                return True

    def _convert_or_set_aside(self, batch: list[_Waiting]) -> None:
        """Convert a batch; when that fails for another reason than the disk, find the record that spoils it."""
        try:
            self._store_batch(batch)
        except (StoreUnavailable, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other records must not wait behind this one
            if len(batch) > 1:
                while batch:
                    self._convert_or_set_aside(batch[:1])
                    del batch[0]
                return
            _log.exception("a record of the journal cannot be converted and is set aside")
            self._journal.set_aside(batch[0].position, f"{type(error).__name__}: {error}")
        self._journal.done(waiting.position for waiting in batch)

    def _store_batch(self, batch: list[_Waiting]) -> None:
        spans, logs, arrived_ns = [], [], 0
        for waiting in batch:
            records, arrived = waiting.batch, waiting.arrived_ns
            if records is None:
                record = self._journal.read(waiting.position)
                records, arrived = receive(record.signal, record.body, record.encoding), record.arrived_ns
            spans += records.spans
            logs += records.logs
            arrived_ns = max(arrived_ns, arrived)
        self._store.ingest(spans, logs, arrived_ns)

    def _count(self) -> None:
        with self._changed:
            increments, self._uncounted = self._uncounted, Counter()
        if increments.total():
            self._store.count(increments)
