"""Messages of a conversation in any vendor's spelling, as `Message` records."""

from collections.abc import Iterable, Mapping
from typing import Any

from whyspan_collector.records import Message, Part, Role
from whyspan_collector.vocabularies.lenient import as_text, first, parse
from whyspan_collector.vocabularies.parts import call_part, parts, reasoning_part, response_part

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "systemmessage": "system",
    "user": "user",
    "human": "user",
    "humanmessage": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "tool": "tool",
    "function": "tool",
    "toolmessage": "tool",
    "functionmessage": "tool",
}
# Items of OpenAI's Responses API that stand in a conversation without a role of their own.
_ITEM_ROLES: dict[str, Role] = {
    "reasoning": "assistant",
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
_SAYS = ("content", "parts", "tool_calls", "function_call", "reasoning_content")
_FINISH = {
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "tooluse": "tool_call",
    "function_call": "tool_call",
    "function_calls": "tool_call",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "safety": "content_filter",
    "guardrail_intervened": "content_filter",
}


def finish_reason(value: Any) -> str | None:
    """Why a model stopped, in one spelling for the usual reasons; others in lower case as sent."""
    reason = as_text(value)
    if reason is None:
        return None
    spelled = reason.lower().replace("-", "_")
    return _FINISH.get(spelled, spelled)


def role(value: Any) -> Role | None:
    """The canonical role, None for a name nobody knows."""
    return _ROLES.get(value.lower()) if isinstance(value, str) else None


def messages(value: Any) -> list[Message]:
    """The messages in a list, in one message or in a text that holds either; empty when there are none.

    LangChain wraps a batch in one more list, which is opened.
    """
    value = parse(value)
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        return []
    if len(value) == 1 and isinstance(value[0], list | tuple):
        value = value[0]
    found = (message(parse(element)) for element in value)
    return [each for each in found if each is not None]


def message(value: Any) -> Message | None:
    """One message, None when the value is none: it needs a role and something said."""
    if not isinstance(value, Mapping):
        return None
    value = _opened(value)
    kind = value.get("type")
    if isinstance(kind, str) and kind in _ITEM_ROLES and "role" not in value:
        return Message(_ITEM_ROLES[kind], parts(value))
    who = _speaker(value)
    if who is None:
        return None
    said = _said(value, who)
    if who == "user" and _are_responses(said):  # Anthropic and Pydantic AI send tool answers as the user
        who = "tool"
    reason = finish_reason(first(value, "finish_reason", "stop_reason"))
    return Message(who, [*_reasoning(value), *said, *_calls(value, said)], reason)


def system_message(value: Any) -> list[Message]:
    """System instructions, a text or blocks, as a message; none when they are empty."""
    said = parts(parse(value))
    return [Message("system", said)] if said else []


def new_since(earlier: Iterable[Message], later: list[Message]) -> list[Message]:
    """`later` without the messages it repeats from the start of the conversation."""
    rest = list(later)
    for old in earlier:
        if not rest or rest[0].role != old.role or rest[0].parts != old.parts:
            return later
        rest.pop(0)
    return rest


def _speaker(value: Mapping[str, Any]) -> Role | None:
    """The role of a message; LangChain calls it `type`, which only counts beside a content."""
    if "role" in value:
        return role(value["role"]) if any(name in value for name in _SAYS) else None
    return role(value.get("type")) if "content" in value else None


def _opened(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message inside LangChain's two serialised forms."""
    if value.get("lc") is not None and isinstance(value.get("kwargs"), Mapping):
        name = value["id"][-1] if isinstance(value.get("id"), list) and value["id"] else None
        return {"type": name, **value["kwargs"]}
    if isinstance(value.get("data"), Mapping) and "content" in value["data"]:
        return {"type": value.get("type"), **value["data"]}
    return value


def _reasoning(value: Mapping[str, Any]) -> list[Part]:
    """Reasoning that is sent beside the content instead of in it."""
    beside = first(value, "reasoning_content", "reasoning", "thought")
    more = value.get("additional_kwargs")
    if beside is None and isinstance(more, Mapping):
        beside = more.get("reasoning_content")
    return reasoning_part(beside) if isinstance(beside, str) else []


def _said(value: Mapping[str, Any], who: Role) -> list[Part]:
    content = first(value, "parts", "content")
    if who == "tool" and content is not None and not isinstance(value.get("parts"), list):
        said = parts(content)
        return said if _are_responses(said) else [response_part(value)]
    return parts(content)


def _calls(value: Mapping[str, Any], said: list[Part]) -> list[Part]:
    """Tool calls that are sent beside the content (OpenAI, LangChain), without those the content repeats."""
    calls = parse(value.get("tool_calls"))
    single = value.get("function_call")
    found = [call_part(call) for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []
    if isinstance(single, Mapping) and not found:
        found = [call_part(single)]
    known = {part.id for part in said if part.type == "tool_call"}
    return [call for call in found if call.id is None or call.id not in known]


def _are_responses(said: list[Part]) -> bool:
    return bool(said) and all(part.type == "tool_call_response" for part in said)
