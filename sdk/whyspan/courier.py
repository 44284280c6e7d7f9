"""From the spool to the collector: a thread that sends the oldest segment first and forgets it once it is taken."""

import contextvars
import math
import threading
import time

from whyspan.collector import Answer, Collector
from whyspan.faults import contained, warn_once
from whyspan.losses import Losses
from whyspan.runtime import quietly
from whyspan.spool import Segment, Spool

_GATHER_SECONDS = 0.5
"""How long segments wait for others, so that a busy program makes two requests a second."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0
"""Seconds between attempts while nobody takes anything, doubled each time."""
_LEFTOVER_SECONDS = 60.0
"""How often a process that has delivered everything looks for what dead ones left."""


class Courier:
    """Owns the sending thread; `put` never waits for the network."""

    def __init__(self, collector: Collector, spool: Spool, losses: Losses) -> None:
        self._collector = collector
        self._spool = spool
        self._losses = losses
        self._thread: threading.Thread | None = None
        self._arrived = threading.Event()
        self._hurry = threading.Event()
        self._ending = False
        self._sending = threading.Lock()
        self._failures = 0
        self._asked = 0.0
        self._next_look = 0.0

    def put(self, body: bytes, spans: int) -> None:
        """Spools a request's body; it is on disk, or counted as lost, when this returns."""
        lost = self._spool.append(body, spans)
        if self._spool.fault is not None:
            warn_once(
                f"the spool cannot be written ({self._spool.fault}); spans are kept in memory until they are sent"
            )
        if lost:
            self._losses.add("spool", lost)
        self._arrived.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="whyspan-courier", daemon=True)
            contextvars.Context().run(self._thread.start)  # in nobody's run, see Delivery

    def flush(self, seconds: float) -> bool:
        """Tries to deliver everything now; True when nothing of this process is left."""
        deadline = time.monotonic() + seconds
        if not self._sending.acquire(timeout=seconds):
            return False
        try:
            return self._send_all(deadline)
        finally:
            self._sending.release()

    def close(self, seconds: float) -> None:
        """Delivers what can be delivered in this time, of dead processes too, and leaves the rest to the next one."""
        deadline = time.monotonic() + seconds
        self._ending = True
        self._hurry.set()
        self._arrived.set()
        if self._sending.acquire(timeout=seconds):
            if self._send_all(deadline):
                self._send_leftovers(deadline)
            self._sending.release()
        self._spool.close()

    def abandon(self) -> None:
        """In a child made by fork: everything here is the parent's."""
        self._spool.abandon()

    def _run(self) -> None:
        while not self._ending:
            self._arrived.wait()
            self._arrived.clear()
            self._hurry.wait(_GATHER_SECONDS)
            with contained, quietly():
                self._deliver()

    def _deliver(self) -> None:
        """Sends until nothing is left, waiting longer and longer while nobody takes it."""
        while not self._ending:
            with self._sending:
                done = self._send_all()
                if done and time.monotonic() >= self._next_look:
                    self._next_look = time.monotonic() + _LEFTOVER_SECONDS
                    self._send_leftovers()
            if done:
                return
            self._hurry.wait(max(self._asked, min(_FIRST_WAIT * 2 ** (self._failures - 1), _LONGEST_WAIT)))

    def _send_all(self, deadline: float = math.inf) -> bool:
        while (segment := self._spool.next()) is not None:
            if not self._send(segment, deadline):
                return False
        return True

    def _send_leftovers(self, deadline: float = math.inf) -> None:
        for segment in self._spool.adopt():
            if not self._send(segment, deadline):
                return

    def _send(self, segment: Segment, deadline: float) -> bool:
        """True when the segment is dealt with: taken, refused for good, or unreadable."""
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return False
        try:
            body, spans = segment.read()
        except OSError as error:
            warn_once(f"a spooled segment cannot be read ({error}); {segment.spans} spans are lost")
            self._losses.add("spool", segment.spans)
            self._spool.remove(segment)
            return True
        reply = self._collector.send(body, min(seconds, self._collector.timeout))
        self._asked = min(reply.wait, _LONGEST_WAIT)
        if reply.answer is Answer.LATER:
            self._failures += 1
            warn_once(_unreachable(self._collector.url, reply.detail), about="no collector")
            return False
        self._failures = 0
        if reply.answer is Answer.REFUSED:
            said = f"{self._collector.url} refuses {spans} spans ({reply.detail}), so they are lost"
            warn_once(said, about="refused")
            self._losses.add("refused", spans)
        self._spool.remove(segment)
        return True


def _unreachable(url: str, why: str) -> str:
    return (
        f"{url} takes no spans now ({why}); they wait in the spool; `whyspan up` starts a collector on localhost:4318"
    )
