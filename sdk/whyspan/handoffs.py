"""A handoff: one agent passing work to another, and what it passes."""

from typing import Self

from whyspan import enforcement, semconv
from whyspan.rules.events import Event, On
from whyspan.semconv import Kind
from whyspan.spans import ActiveSpan, Sendable, named, sendable
from whyspan.values import to_json, to_text


class Handoff(ActiveSpan):
    """Work on its way from one agent to another, as a `with` block; see `handoff`."""

    kind = Kind.HANDOFF

    def __init__(self, target: str, *, payload: object = None) -> None:
        super().__init__()
        self._target = target
        self._payload = payload

    def __enter__(self) -> Self:
        super().__enter__()
        guard = enforcement.current()
        if guard is not None:
            try:
                guard.before(Event(On.HANDOFF, to_text(self._target), args=enforcement.plain(self._payload)))
            except BaseException as error:
                super().__exit__(type(error), error, None)
                raise
        return self

    def _name(self) -> str:
        return named(semconv.OPERATION_HANDOFF, self._target)

    def _attributes(self) -> Sendable:
        attributes = {
            semconv.OPERATION_NAME: semconv.OPERATION_HANDOFF,
            semconv.HANDOFF_TARGET: self._target,
            semconv.HANDOFF_PAYLOAD: None if self._payload is None else to_json(self._payload),
        }
        return sendable(attributes)


def handoff(target: str, /, *, payload: object = None) -> Handoff:
    """Records a handoff to another agent, as a `with` block around the call of that agent.

    Args:
        target: Name of the agent that takes over.
        payload: What it is given, and therefore all it knows.

    Example:
        >>> order = {"items": ["tulips"], "deliver_on": "2026-03-08"}
        >>> with handoff("fulfilment", payload=order):
        ...     pass  # fulfilment(order)
    """
    return Handoff(target, payload=payload)
