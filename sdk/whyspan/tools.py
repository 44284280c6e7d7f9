"""A tool: one action of the agent on its world, with arguments, a result and a declared effect."""

from collections.abc import Callable, Mapping
from typing import Any, overload

from whyspan import enforcement, semconv
from whyspan.codec import effect_of
from whyspan.faults import contained, warn_once
from whyspan.guarded import GuardedCall
from whyspan.rules.events import Event, On
from whyspan.semconv import Effect, EffectName, Kind
from whyspan.spans import Sendable, named
from whyspan.values import is_a, shown, to_json, to_text
from whyspan.wrapping import P, R, trace


class Tool(GuardedCall):
    """One execution of a tool, as a `with` block; or, called with a function, the decorator of a tool."""

    kind = Kind.TOOL
    result_key = semconv.TOOL_RESULT

    def __init__(
        self,
        declared: Mapping[str, str],
        arguments: object = None,
        call_id: str | None = None,
        idempotency_key: str | Callable[..., object] | None = None,
        runs: str = "block",
    ) -> None:
        """`declared` are the attributes that every call of this tool carries; `runs` is what a call of it runs."""
        super().__init__()
        self._declared = declared
        self._arguments = arguments
        self._call_id = call_id
        self._idempotency_key = idempotency_key
        self._runs = runs

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as a tool: every call is a span."""
        declared = {semconv.TOOL_NAME: to_text(getattr(function, "__name__", "tool")), **self._declared}
        key = self._idempotency_key
        return trace(function, lambda arguments: Tool(declared, arguments, None, key, "function"))

    def _event(self, kind: On) -> Event:
        schema = self._declared.get(semconv.TOOL_SCHEMA)
        effect = self._declared.get(semconv.TOOL_EFFECT)
        return enforcement.tool_event(
            kind, self.name, self._arguments, effect, schema=enforcement.read(schema), runs=self._runs
        )

    @property
    def name(self) -> str:
        """The tool's name."""
        return self._declared.get(semconv.TOOL_NAME) or "tool"

    def _name(self) -> str:
        return named(semconv.OPERATION_EXECUTE_TOOL, self.name)

    def _attributes(self) -> Sendable:
        attributes: Sendable = {semconv.TOOL_NAME: "tool", **self._declared}
        if self._arguments is not None:
            attributes[semconv.TOOL_ARGUMENTS] = to_json(self._arguments)
        if self._call_id is not None:
            attributes[semconv.TOOL_CALL_ID] = to_text(self._call_id)
        if self._idempotency_key is not None:
            with contained:  # a key that cannot be made must not cost the span
                attributes[semconv.TOOL_IDEMPOTENCY_KEY] = _key(self._idempotency_key, self._arguments)
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
    idempotency_key: str | Callable[..., object] | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Tool: ...
def tool(  # noqa: PLR0913 - each one is a fact about the tool, all optional and by name
    name: Callable[P, R] | str | None = None,
    /,
    *,
    effect: EffectName | None = None,
    arguments: Mapping[str, Any] | None = None,
    call_id: str | None = None,
    idempotency_key: str | Callable[..., object] | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Callable[P, R] | Tool:
    """Records a tool: a decorator, with or without arguments, or a `with` block.

    Args:
        name: The tool's name as the model knows it; the function's name by default.
        effect: What the tool does to the world outside the run, and whether that can be taken back.
        arguments: For the `with` form; a decorated function's arguments are recorded by themselves.
        call_id: For the `with` form: the id of the model's tool call.
        idempotency_key: What makes two executions one action; for a decorator a function of the tool's arguments.
        schema: JSON Schema of the arguments, as the model was given it.

    Example:
        >>> @tool(effect="irreversible")
        ... def refund(order_id: str, amount: float) -> str:
        ...     return f"refunded {amount} for {order_id}"
        >>> with tool("search", effect="pure-read", arguments={"query": "shoes"}) as search:
        ...     search.set_result(["order-1"])
    """
    if callable(name):
        return Tool(_declared(None, None, None))(name)
    return Tool(_declared(name, effect, schema), arguments, call_id, idempotency_key)


def _declared(name: str | None, effect: EffectName | None, schema: Mapping[str, Any] | None) -> dict[str, str]:
    declared = {semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL}
    if name is not None:
        declared[semconv.TOOL_NAME] = to_text(name)
    if schema is not None:
        declared[semconv.TOOL_SCHEMA] = to_json(schema)
    if known := effect_of(effect):
        declared[semconv.TOOL_EFFECT] = known.value
    elif effect is not None:
        warn_once(f"unknown effect {shown(effect)}, recorded without one; effects are {', '.join(Effect)}")
    return declared


def _key(given: str | Callable[..., object], arguments: object) -> str:
    return to_text(given(**arguments) if callable(given) and is_a(arguments, Mapping) else given)
