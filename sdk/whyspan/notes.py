"""Facts about the running span that are no spans themselves: accesses to state, and values no replay could compute."""

from collections.abc import Callable
from typing import Literal, TypeVar

from opentelemetry import trace

from whyspan import runtime, semconv
from whyspan.faults import contained, warn_once
from whyspan.values import to_json, to_text

T = TypeVar("T")


def state(
    key: str, value: object = None, /, *, access: Literal["read", "write"] = "read", version: str | int | None = None
) -> None:
    """Records that the agent read or wrote a part of its state: memory, a scratchpad, a row of a database.

    Args:
        key: What was read or written.
        value: The value.
        access: `read` or `write`.
        version: Which version of it, so that a read can be matched with the write it saw.

    Example:
        >>> state("customer.tier", "gold", version=3)
        >>> state("cart", ["tulips"], access="write", version=4)
    """
    with contained:
        attributes = {
            semconv.STATE_KEY: to_text(key),
            semconv.STATE_ACCESS: to_text(access),
            semconv.STATE_VALUE: to_json(value),
        }
        if version is not None:
            attributes[semconv.STATE_VERSION] = to_text(version)
        _note(semconv.STATE_EVENT, attributes)


def volatile(name: str, function: Callable[[], T], /) -> T:
    """Calls a function whose result differs every time, and records it, so that a replay can give the same one.

    Args:
        name: What it is: `now`, `draw`, `order id`.
        function: `time.time`, `random.random`, `uuid.uuid4`, or anything else without arguments.

    Example:
        >>> import time
        >>> started = volatile("now", time.time)
    """
    result = function()
    with contained:
        _note(semconv.VOLATILE_EVENT, {semconv.VOLATILE_NAME: to_text(name), semconv.VOLATILE_VALUE: to_json(result)})
    return result


def _note(event: str, attributes: dict[str, str]) -> None:
    if runtime.tracer() is None:
        return
    span = trace.get_current_span()
    if not span.get_span_context().is_valid:
        warn_once("state() or volatile() outside of every span is not recorded; call it inside an agent or a tool")
    span.add_event(event, attributes)
