"""A call that a guard looks at before it happens, and that something else may take the place of: a tool, a search, a question."""

from abc import abstractmethod
from types import TracebackType
from typing import Self

from whyspan import enforcement
from whyspan.faults import contained
from whyspan.rules.events import Event, On
from whyspan.spans import CallSpan
from whyspan.values import to_text


class GuardedCall(CallSpan):
    """One call with its verdict: let through, blocked, or answered by something else."""

    def __init__(self) -> None:
        super().__init__()
        self._instead: enforcement.Substitute | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.admit()
        except BaseException as error:
            super().__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._came_back(None, error)
        super().__exit__(kind, error, trace)

    def admit(self) -> None:
        """Asks the guard in force whether this call may be made. Raises GuardBlocked."""
        guard = enforcement.current()
        if guard is not None:
            self._instead = guard.before(self._event(On.CALL))

    @property
    def instead(self) -> enforcement.Substitute | None:
        """What a dry run, or a replay, gave in the place of the call."""
        return self._instead

    def set_result(self, value: object) -> None:
        """Records what the call gave back; a decorated function does this itself."""
        super().set_result(value)
        if self._instead is None:
            self._came_back(value, None)

    def _came_back(self, value: object, error: BaseException | None) -> None:
        guard = enforcement.current()
        if guard is None:
            return
        with contained:
            event = self._event(On.RESULT)
            event.out, event.ok = enforcement.plain(value), error is None
            event.error = "" if error is None else words_of(error)
            guard.happened(event)

    @abstractmethod
    def _event(self, kind: On) -> Event:
        """The call, or its result, as rules see it."""


def words_of(error: BaseException) -> str:
    """What an error says, or what it is where it says nothing."""
    try:
        return to_text(str(error)) or type(error).__name__
    except Exception:  # noqa: BLE001 - the host's __str__ may raise anything
        return type(error).__name__
