"""The way of spans out of the process: a queue, and a thread that prepares them and puts them on disk ten times a second.

The program's threads only append to the queue. A killed process loses what ended in the last 100 ms, or less. A span
that lives longer than that is announced before it ends, so that a run that is killed shows how far it came.
"""

import contextvars
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from whyspan.faults import contained, warn_once
from whyspan.runtime import quietly
from whyspan.sampling import Sampler, Sampling

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from whyspan.losses import Losses
    from whyspan.outlets import Outlet

_GATHER_SECONDS = 0.1
"""How long an ended span waits for others in memory: the most that a killed process loses."""
_QUEUE_SPANS = 8192
"""Ended spans that wait at most; at 50,000 a second, which no agent makes, the queue lasts for 160 ms."""
_BUSY_SPANS = 512
"""Length of the queue at which the thread does not wait for more."""
_FLUSH_SECONDS = 10.0
_LAST_SECONDS = 2.0
"""What a program that ends waits for a collector that does not answer; the spool keeps the rest."""


class Delivery(SpanProcessor):
    """Takes every span of the provider, ours and everybody else's."""

    def __init__(
        self,
        outlet: "Outlet",
        prepare: Callable[[ReadableSpan], ReadableSpan],
        losses: "Losses",
        sampling: Sampling = Sampling(),  # noqa: B008 - a frozen value
    ) -> None:
        """`prepare` masks and bounds a span; what it raises on is not sent."""
        self._outlet = outlet
        self._sampling = sampling
        self._prepare = prepare
        self._losses = losses
        self._closed = False
        self._fresh()
        if hasattr(os, "register_at_fork"):
            weakly = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := weakly()) and method())

    def _fresh(self) -> None:
        self._sampler = Sampler(self._sampling, self._losses)
        self._queue: deque[ReadableSpan] = deque()
        self._live: dict[int, Span] = {}
        self._young: set[int] = set()
        self._announced: set[int] = set()
        self._arrived = threading.Event()
        self._hurry = threading.Event()
        self._draining = threading.Lock()
        self._thread: threading.Thread | None = None

    def on_start(self, span: Span, parent_context: "Context | None" = None) -> None:  # noqa: ARG002 - OpenTelemetry's
        """Notes that a span is under way."""
        if self._outlet.announces and len(self._live) < _QUEUE_SPANS and not self._closed:
            self._live[span.context.span_id] = span
            self._wake()

    def on_end(self, span: ReadableSpan) -> None:
        """Queues a span; never waits."""
        context = span.context
        if context is None or self._closed or not context.trace_flags.sampled:
            return
        self._live.pop(context.span_id, None)
        if len(self._queue) >= _QUEUE_SPANS:
            self._losses.add("queue", 1)
            warn_once("spans end faster than they can be encoded; some are lost, and counted in whyspan.lost.queue")
            return
        self._queue.append(span)
        self._wake()

    def force_flush(self, timeout_millis: int = int(_FLUSH_SECONDS * 1000)) -> bool:
        """Sends what is waiting; True when everything arrived."""
        if self._closed:
            return True
        with quietly():
            self._drain()
            return self._outlet.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Sends what is waiting, within two seconds, and ends."""
        if self._closed:
            return
        self._closed = True
        self._hurry.set()
        self._arrived.set()
        with quietly():
            self._drain()
            self._outlet.close(_LAST_SECONDS)

    def _wake(self) -> None:
        if not self._arrived.is_set():
            self._arrived.set()
            if self._thread is None:
                self._begin()
        if len(self._queue) > _BUSY_SPANS and not self._hurry.is_set():
            self._hurry.set()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._run, name="whyspan-delivery", daemon=True)
        contextvars.Context().run(self._thread.start)  # in nobody's run, which it would keep for ever
        if multiprocessing := sys.modules.get("multiprocessing.util"):  # its children end without atexit
            multiprocessing.Finalize(None, self.force_flush, (int(_LAST_SECONDS * 1000),), exitpriority=0)

    def _run(self) -> None:
        while not self._closed:
            if not self._young:
                self._arrived.wait()
            self._hurry.wait(_GATHER_SECONDS)
            self._hurry.clear()
            self._arrived.clear()
            with contained, quietly():
                self._drain()

    def _drain(self) -> None:
        with self._draining:
            waiting = len(self._queue)  # what ends meanwhile is for the next time, or a busy program would keep us here
            while waiting > 0:  # in parts, so that the first are on disk while the last are prepared
                ended = [self._queue.popleft() for _ in range(min(waiting, _BUSY_SPANS))]
                self._put(self._sampler.sift(ended))
                waiting -= len(ended)
            if self._closed:
                self._put(self._sampler.rest())
            elif self._outlet.announces:
                self._put(self._sampler.announced(self._to_announce()))

    def _put(self, spans: list[ReadableSpan]) -> None:
        prepared = []
        for span in spans:
            with contained:
                try:
                    prepared.append(self._prepare(span))
                except Exception:
                    self._losses.add("unprepared", 1)
                    raise
        self._outlet.put(prepared)

    def _to_announce(self) -> list[ReadableSpan]:
        """The spans that were under way last time as well, each once, as far as they have come."""
        live = dict(self._live)
        due = [span for span_id, span in live.items() if span_id in self._young]
        self._announced = (self._announced & live.keys()) | (self._young & live.keys())
        self._young = live.keys() - self._announced
        return [_so_far(span) for span in due]

    def _after_fork(self) -> None:
        """In a child: the threads are gone, locks may be held for ever, and the queue is the parent's."""
        self._outlet = self._outlet.after_fork()
        self._fresh()


def _so_far(span: Span) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=dict(span.attributes or {}),
        events=tuple(span.events),
        links=tuple(span.links),
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=None,
        instrumentation_scope=span.instrumentation_scope,
    )
