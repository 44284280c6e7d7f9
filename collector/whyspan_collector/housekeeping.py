"""What the collector does in the background for its store, so that nobody who asks has to wait for it."""

import logging
import threading
import time
from typing import Final, Self

from whyspan_collector.errors import StoreError
from whyspan_collector.store import Store

_PAUSE_SECONDS: Final = 1.0
_SHARE: Final = 10
"""The pause is at least so many times what the last round took: a tenth of one processor at most, unless there is much to do."""

_log = logging.getLogger(__name__)


class Housekeeping:
    """A thread that keeps the text index up to date."""

    def __init__(self, store: Store, quiet_seconds: float) -> None:
        """Starts it.

        Args:
            store: whose house it is.
            quiet_seconds: how long nothing of a trace must have arrived before its texts are indexed.
        """
        self._store = store
        self._quiet_ns = round(quiet_seconds * 1e9)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._store.texts.in_background = True
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self._store.texts.update(time.time_ns() - self._quiet_ns)
            except StoreError as error:
                _log.warning("the text index falls behind: %s", error)
            pause = max(_PAUSE_SECONDS, _SHARE * (time.monotonic() - began))
