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
    result_key = semconv.TOOL_RESULT

    def __init__(
        self, declared: Mapping[str, str | None], arguments: object = None, call_id: str | None = None
    ) -> None:
        """`declared` are the attributes that every call of this tool carries."""
        super().__init__()
        self._declared = declared
        self._arguments = arguments
        self._call_id = call_id

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as a tool: every call is a span."""
        declared = {semconv.TOOL_NAME: getattr(function, "__name__", "tool"), **self._declared}
        return trace(function, lambda arguments: Tool(declared, arguments))

    @property
    def name(self) -> str:
        """The tool's name."""
        return self._declared.get(semconv.TOOL_NAME) or "tool"

    def _name(self) -> str:
        return f"{semconv.OPERATION_EXECUTE_TOOL} {self.name}"

    def _attributes(self) -> Attributes:
        attributes = {semconv.TOOL_NAME: "tool", **self._declared}
        if self._arguments is not None:
            attributes[semconv.TOOL_ARGUMENTS] = to_json(self._arguments)
        if self._call_id is not None:
            attributes[semconv.TOOL_CALL_ID] = self._call_id
        return attributes


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
        return Tool(_declared(None, None))(name)
    return Tool(_declared(name, effect), arguments, call_id)


def _declared(name: str | None, effect: EffectName | None) -> dict[str, str]:
    declared = {semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL}
    if name is not None:
        declared[semconv.TOOL_NAME] = name
    if known := effect_of(effect):
        declared[semconv.TOOL_EFFECT] = known.value
    elif effect is not None:
        warn_once(f"unknown effect {effect!r}, recorded without one; effects are {', '.join(Effect)}")
    return declared
