"""What was accepted, sent on to another OTLP endpoint: best effort, behind the journal, never in anybody's way.

It sees what the store sees, secrets masked. A backlog is kept in memory and bounded; what does not fit, what the other
side refuses and what it could not take for minutes is dropped and counted. The store has it all the same.
"""

import logging
import threading
import time
from collections import Counter, deque
from typing import Any, Final, NamedTuple

import httpx

from whyspan_collector.otlp import CONTENT_TYPES, Encoding, Signal

_BOUND_BYTES: Final = 64 * 1024 * 1024
"""Of the backlog: about 25,000 spans."""
_RETRIED: Final = frozenset({429, 502, 503, 504})
"""The statuses OTLP calls retryable."""
_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_PATIENCE_SECONDS: Final = 300.0
"""How long one request is tried; the exporters' own limit is of this order."""
_TIMEOUT_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    signal: Signal
    body: bytes
    encoding: Encoding


class Forwarder:
    """A queue and the thread that empties it, from construction to `close`."""

    def __init__(self, url: str, headers: dict[str, str], bound_bytes: int = _BOUND_BYTES) -> None:
        """Start.

        Args:
            url: base of the other endpoint; `/v1/traces` and so on are appended.
            headers: sent with every request, e.g. an API key.
            bound_bytes: largest backlog.
        """
        self._url = url.rstrip("/")
        self._http = httpx.Client(headers=headers, timeout=_TIMEOUT_SECONDS)
        self._bound = bound_bytes
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._counts: Counter[str] = Counter(forwarded=0, dropped=0)
        self._trouble: str | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="whyspan-forwarder", daemon=True)
        self._thread.start()

    def take(self, signal: Signal, body: bytes, encoding: Encoding) -> None:
        """Queue a request; returns at once."""
        with self._changed:
            if self._bytes + len(body) > self._bound:
                self._counts["dropped"] += 1
                return
            self._queue.append(_Waiting(signal, body, encoding))
            self._bytes += len(body)
            self._changed.notify_all()

    def status(self) -> dict[str, Any]:
        """Requests forwarded and dropped since the start of this process, how many wait, and what is wrong at present."""
        with self._changed:
            return {**self._counts, "waiting": len(self._queue), "url": self._url, "trouble": self._trouble}

    def close(self) -> None:
        """Stop after the request in progress; what waits is dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._http.close()
        if self._queue:
            _log.warning("%d requests were not forwarded to %s before the end", len(self._queue), self._url)

    def _run(self) -> None:
        while request := self._next():
            outcome = "forwarded" if self._send(request) else "dropped"
            with self._changed:
                self._counts[outcome] += 1

    def _next(self) -> _Waiting | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if self._closing:
                return None
            request = self._queue.popleft()
            self._bytes -= len(request.body)
            return request

    def _send(self, request: _Waiting) -> bool:
        """Send one request, again and again while that makes sense; whether it was taken."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while True:
            trouble, wait = self._attempt(request, pause)
            if trouble is None or wait is None or time.monotonic() + wait > deadline:
                self._note(trouble)
                return trouble is None
            self._note(trouble)
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, wait):
                    return False
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _attempt(self, request: _Waiting, pause: float) -> tuple[str | None, float | None]:
        """What went wrong, None when nothing; and the seconds until another attempt, None when none makes sense."""
        headers = {"content-type": CONTENT_TYPES[request.encoding]}
        try:
            answer = self._http.post(f"{self._url}/v1/{request.signal}", content=request.body, headers=headers)
        except httpx.HTTPError as error:
            return f"{self._url} does not answer: {error}", pause
        if answer.is_success:
            return None, None
        asked = answer.headers.get("retry-after", "")
        wait = min(float(asked), 60.0) if asked.isdigit() else pause
        return f"{self._url} answered {answer.status_code}", wait if answer.status_code in _RETRIED else None

    def _note(self, trouble: str | None) -> None:
        with self._changed:
            if trouble and not self._trouble:
                _log.warning("forwarding is in trouble: %s", trouble)
            self._trouble = trouble
