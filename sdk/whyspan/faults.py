"""Our own mistakes stay ours: nothing Whyspan does may raise into the program it observes.

Under pytest, or with `RAISE` set, an internal error is raised instead, so that tests see it.
"""

import logging
import os
from types import TracebackType

logger = logging.getLogger("whyspan")

RAISE: bool | None = None
"""True raises internal errors, False contains them, None raises them under pytest only."""

_said: set[object] = set()


def contain(error: Exception) -> None:
    """Logs an internal error once for each place, or raises it in tests; see `RAISE`."""
    if RAISE or (RAISE is None and "PYTEST_CURRENT_TEST" in os.environ):
        raise error
    place = _place(error.__traceback__)
    if _first_time((type(error), place)):
        logger.error(
            "whyspan: internal error at %s; your code is still running, with less telemetry (said once)",
            place,
            exc_info=error,
        )


class _Contained:
    """A block of our code inside somebody's program; holds no state, so one instance serves all threads."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        contain(error)
        return True


contained = _Contained()
"""`with contained:` around every piece of our code that the host calls, or `contain` where half a microsecond counts.
Never around the host's own code."""


def warn_once(message: str, about: str | None = None) -> None:
    """Logs a wrong use or a loss, the first time it happens: what was wrong and what is done instead.

    `about` says what is the same, where the message varies.
    """
    if _first_time(about or message):
        logger.warning("whyspan: %s", message)


def _first_time(what: object) -> bool:
    if what in _said or len(_said) > 1000:  # a message that varies without end must not fill the memory
        return False
    _said.add(what)
    return True


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return "an unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
