"""Many may read at a time; whoever must be alone waits for them to finish, and new ones wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Shared and exclusive turns at one thing, such as a database file that is about to be put in another's place."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._sharing = 0
        self._is_exclusive = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """A turn beside others that share; never inside an exclusive one."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_exclusive)
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A turn alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_exclusive)
            self._is_exclusive = True
            self._changed.wait_for(lambda: not self._sharing)
        try:
            yield
        finally:
            with self._changed:
                self._is_exclusive = False
                self._changed.notify_all()
