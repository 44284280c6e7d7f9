"""A call that a guard looks at before it is made and again when it comes back: a tool, a search, a question."""

from abc import abstractmethod
from types import TracebackType
from typing import Self

from whyspan import enforcement
from whyspan.faults import contained
from whyspan.rules.events import Event, On
from whyspan.spans import CallSpan, type_of
from whyspan.values import to_text


class GuardedCall(CallSpan):
    """One call with its verdict: let through, blocked, or answered by something else; and that of its result."""

    def __init__(self) -> None:
        super().__init__()
        self._refusal: enforcement.GuardBlocked | None = None
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
        if error is not None and error is self._refusal:  # the call itself went well; the guard's span says the rest
            super().__exit__(None, None, None)
            return
        try:
            if error is not None:
                self._came_back(None, error)
        finally:
            super().__exit__(kind, error, trace)

    def end(self, error: BaseException | None = None) -> None:
        """Ends the span of a generator, as failed when there is an error of its own."""
        super().end(None if error is self._refusal else error)

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
        """Records what the call gave back; a decorated function does this itself.

        Raises:
            GuardBlocked: a rule does not let the agent have it.
        """
        super().set_result(value)
        if self._instead is None:
            self._came_back(value, None)

    def set_partial(self, value: object) -> None:
        """Records what a generator had given when it failed or was closed: nobody can keep it back any more."""
        super().set_result(value)
        guard = enforcement.current()
        if guard is not None and (event := self._result_event(value, None)) is not None:
            guard.happened(event)

    def _came_back(self, value: object, error: BaseException | None) -> None:
        """Asks the guard in force whether the agent may have what came back. Raises GuardBlocked."""
        guard = enforcement.current()
        if guard is None or (event := self._result_event(value, error)) is None:
            return
        try:
            guard.before(event)
        except enforcement.GuardBlocked as refusal:
            self._refusal = refusal
            raise

    def _result_event(self, value: object, error: BaseException | None) -> Event | None:
        with contained:
            event = self._event(On.RESULT)
            event.out, event.ok = enforcement.plain(value), error is None
            if error is not None:
                event.error, event.error_type = words_of(error), type_of(error)
            return event
        return None

    @abstractmethod
    def _event(self, kind: On) -> Event:
        """The call, or its result, as rules see it."""


def words_of(error: BaseException) -> str:
    """What an error says, or what it is where it says nothing."""
    try:
        return to_text(str(error)) or type(error).__name__
    except Exception:  # noqa: BLE001 - the host's __str__ may raise anything
        return type(error).__name__
