"""What the collector does in the background for its store, so that nobody who asks has to wait for it."""

import logging
import threading
import time
from typing import Final, Self

from whyspan_collector.config import Config
from whyspan_collector.errors import StoreError
from whyspan_collector.retention import retire
from whyspan_collector.store import Store

_PAUSE_SECONDS: Final = 1.0
_SHARE: Final = 10
"""The pause is at least so many times the processor time of the last round: a tenth of one processor, on a busy machine too."""
_RETIRE_SECONDS: Final = 600.0

_log = logging.getLogger(__name__)


class Housekeeping:
    """A thread that keeps the text index up to date and the store within its bounds."""

    def __init__(self, store: Store, config: Config) -> None:
        """`store` is whose house it is; of the settings, those of quiet and of retention count."""
        self._store = store
        self._config = config
        self._retire_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._store.texts.in_background = True
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops after the portion of texts under way; what is not indexed yet is, by the next collector."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.thread_time()
            try:
                self._round()
            except StoreError as error:
                _log.warning("housekeeping is tried again: %s", error)
            pause = max(_PAUSE_SECONDS, _SHARE * (time.thread_time() - began))

    def _round(self) -> None:
        now_ns, config = time.time_ns(), self._config
        self._store.texts.update(now_ns - round(config.quiet_seconds * 1e9), self._stop.is_set)
        if time.monotonic() >= self._retire_at and not self._stop.is_set():
            self._retire_at = time.monotonic() + _RETIRE_SECONDS
            if retired := retire(self._store, now_ns, config.keep_days, config.keep_bytes):
                _log.warning("%d runs were older, or more, than is kept, and are deleted", retired)
