"""A tool: one action of the agent on its world, with arguments, a result and a declared effect."""

from collections.abc import Callable, Mapping
from typing import Any, overload

from whyspan import semconv
from whyspan.codec import effect_of
from whyspan.faults import warn_once
from whyspan.semconv import Effect, EffectName, Kind
from whyspan.spans import Attributes, CallSpan
from whyspan.values import to_json
from whyspan.wrapping import P, R, trace


class Tool(CallSpan):
    """One execution of a tool, as a `with` block; or, called with a function, the decorator of a tool."""

    kind = Kind.TOOL

    def __init__(
        self,
        name: str | None = None,
        *,
        effect: EffectName | None = None,
        arguments: Mapping[str, Any] | None = None,
        call_id: str | None = None,
    ) -> None:
        super().__init__()
        self.name = name or "tool"
        self._named = name
        self._effect = _known(effect)
        self._arguments = arguments
        self._call_id = call_id

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as a tool: every call is a span."""
        name = self._named or getattr(function, "__name__", "tool")
        return trace(function, lambda arguments: Tool(name, effect=self._effect, arguments=arguments))

    def _name(self) -> str:
        return f"{semconv.OPERATION_EXECUTE_TOOL} {self.name}"

    def _attributes(self) -> Attributes:
        return {
            semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL,
            semconv.TOOL_NAME: self.name,
            semconv.TOOL_CALL_ID: self._call_id,
            semconv.TOOL_EFFECT: self._effect and self._effect.value,
            semconv.TOOL_ARGUMENTS: None if self._arguments is None else to_json(self._arguments),
        }

    def _result(self, value: object) -> Attributes:
        return {semconv.TOOL_RESULT: to_json(value)}


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(
    name: str | None = None,
    /,
    *,
    effect: EffectName | None = None,
    arguments: Mapping[str, Any] | None = None,
    call_id: str | None = None,
) -> Tool: ...
def tool(
    name: Callable[P, R] | str | None = None,
    /,
    *,
    effect: EffectName | None = None,
    arguments: Mapping[str, Any] | None = None,
    call_id: str | None = None,
) -> Callable[P, R] | Tool:
    """Records a tool: a decorator, with or without arguments, or a `with` block.

    Args:
        name: The tool's name as the model knows it; the function's name by default.
        effect: What the tool does to the world outside the run, and whether that can be taken back.
        arguments: For the `with` form; a decorated function's arguments are recorded by themselves.
        call_id: For the `with` form: the id of the model's tool call.

    Example:
        >>> @tool(effect="irreversible")
        ... def refund(order_id: str, amount: float) -> str:
        ...     return f"refunded {amount} for {order_id}"
        >>> with tool("search", effect="pure-read", arguments={"query": "shoes"}) as search:
        ...     search.set_result(["order-1"])
    """
    if callable(name):
        return Tool()(name)
    return Tool(name, effect=effect, arguments=arguments, call_id=call_id)


def _known(effect: EffectName | None) -> Effect | None:
    known = effect_of(effect)
    if effect is not None and known is None:
        warn_once(f"unknown effect {effect!r}, recorded without one; effects are {', '.join(Effect)}")
    return known
