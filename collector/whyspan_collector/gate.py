"""What stands in front of the ingest on every way in: a bound on the memory of requests, and one meaning per refusal.

HTTP and gRPC differ in how they say no; that they say it for the same reasons is kept here.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import SecretStr

from whyspan_collector import otlp
from whyspan_collector.access import INGEST_TOKEN, Unauthorized, check_token
from whyspan_collector.journal import JournalFull, JournalUnavailable

Take: TypeAlias = Callable[[int], None]
"""Reserves so many more bytes. Raises Overloaded when there is no room for them."""


class Unsupported(ValueError):
    """The request names a content type or encoding the receiver does not take."""


class Overloaded(Exception):
    """The requests in progress fill the memory set aside for them; sending again later will work."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a request is refused."""

    http: int
    """Status of HTTP. Exporters retry on 503, not on 507."""
    code: int
    """Code of google.rpc.Code, which is that of gRPC."""
    retry_seconds: int | None = None
    """When another attempt makes sense; None when the same request will never be taken."""


REFUSALS: Final[dict[type[Exception], Refusal]] = {
    Unauthorized: Refusal(401, 16),
    otlp.Malformed: Refusal(400, 3),
    otlp.TooLarge: Refusal(413, 3),
    Unsupported: Refusal(415, 3),
    Overloaded: Refusal(503, 8, retry_seconds=1),
    JournalFull: Refusal(503, 8, retry_seconds=2),
    JournalUnavailable: Refusal(503, 14, retry_seconds=10),
}
"""3 is INVALID_ARGUMENT, 8 RESOURCE_EXHAUSTED, 14 UNAVAILABLE, 16 UNAUTHENTICATED."""


class Gate:
    """The token, the bound and the count of refusals that all ways in share. Thread-safe."""

    def __init__(self, memory_bytes: int, max_body_bytes: int, token: SecretStr | None = None) -> None:
        """Nothing is in progress yet.

        Args:
            memory_bytes: how much the bodies of requests in progress may take together.
            max_body_bytes: largest body of one request, inflated.
            token: what senders must bring; None takes requests from everybody.
        """
        self._token = token
        self.max_body_bytes = max_body_bytes
        self._memory_bytes = memory_bytes
        self._taken = 0
        self._refused: Counter[str] = Counter()
        self._lock = threading.Lock()

    def admit(self, authorization: str) -> None:
        """Let a request with this Authorization header pass. Raises Unauthorized."""
        check_token(self._token, authorization, INGEST_TOKEN)

    @contextmanager
    def memory(self) -> Iterator[Take]:
        """Memory for one request: `take` reserves, the end of the block gives everything back."""
        own = 0

        def take(size: int) -> None:
            nonlocal own
            with self._lock:
                if self._taken + size > self._memory_bytes:
                    raise Overloaded(f"requests in progress fill the {self._memory_bytes} bytes set aside for them")
                self._taken += size
            own += size

        try:
            yield take
        finally:
            with self._lock:
                self._taken -= own

    def refuse(self, error: Exception) -> Refusal:
        """How to refuse for this reason, which is counted. `error` is one of `REFUSALS`."""
        with self._lock:
            self._refused[type(error).__name__] += 1
        return REFUSALS[type(error)]

    def refused(self) -> dict[str, int]:
        """How many requests were refused since the start of this process, by reason."""
        with self._lock:
            return dict(self._refused)
