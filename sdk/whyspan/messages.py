"""Messages of a conversation with a model, in OpenTelemetry's GenAI form: `[{"role", "parts", "finish_reason"?}]`.

Taken as programs have them: that form itself, plain text, or the messages of the OpenAI and Anthropic clients.
"""

import json
from collections.abc import Mapping
from typing import Any

from whyspan.values import TEXT_LIMIT, is_a, listed, to_json, to_text


def text_message(role: str, text: str, finish_reason: str | None = None) -> str:
    """JSON of one message with one text."""
    return messages_json([{"role": role, "content": text}], finish_reason)


def messages_json(messages: object, finish_reason: str | None = None) -> str:
    """JSON of messages; the oldest ones give way where all together are too long, and a marked part says so."""
    texts: list[str] = []
    left = TEXT_LIMIT
    given = listed(messages) if is_a(messages, (list, tuple)) else [messages]
    for count, message in enumerate(reversed(given)):
        if left <= 0:
            cut = f"[whyspan: {len(given) - count} earlier messages cut]"
            texts.append(to_json({"role": "system", "parts": [{"type": "whyspan.cut", "content": cut}]}))
            break
        texts.append(to_json(_readable(message, finish_reason), left))
        left -= len(texts[-1])
    return f"[{', '.join(reversed(texts))}]"


def _readable(message: object, finish_reason: str | None) -> dict[str, Any]:
    """One message; as a text that says what it was where its own methods do not let it be read."""
    try:
        if hasattr(type(message), "model_dump"):  # the answers of clients are pydantic's objects
            message = message.model_dump(exclude_none=True)  # type: ignore[attr-defined]
        return _message(message, finish_reason)
    except Exception:  # noqa: BLE001 - a hostile get() must cost its own message only
        return _message(to_json(message), finish_reason)


def _message(message: object, finish_reason: str | None) -> dict[str, Any]:
    usual = "user" if finish_reason is None else "assistant"
    if not is_a(message, Mapping):
        message = {"role": usual, "content": message}
    said = {"role": message.get("role", usual), "parts": message.get("parts") or _parts(message)}
    return said if finish_reason is None else {**said, "finish_reason": finish_reason}


def _parts(message: Mapping[str, Any]) -> list[Any]:
    parts: list[Any] = []
    if reasoning := message.get("reasoning") or message.get("reasoning_content"):
        parts.append({"type": "reasoning", "content": to_text(reasoning)})
    content = message.get("content")
    if message.get("role") == "tool":
        parts.append({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content})
    elif is_a(content, str):
        parts += [{"type": "text", "content": content}] if content else []
    elif is_a(content, (list, tuple)):
        parts += [_part(block) for block in content]
    elif content is not None:
        parts.append({"type": "text", "content": to_text(content)})
    parts += [_tool_call(call) for call in message.get("tool_calls") or ()]
    return parts


def _part(block: Any) -> Any:
    """A content block of a client's message; blocks of a kind we do not know stay as they are."""
    if not is_a(block, Mapping):
        return {"type": "text", "content": to_text(block)}
    match block.get("type"):
        case "text" | "input_text" | "output_text" if "text" in block:
            return {"type": "text", "content": block["text"]}
        case "thinking" if "thinking" in block:
            return {"type": "reasoning", "content": block["thinking"]}
        case "tool_use":
            return {
                "type": "tool_call",
                "id": block.get("id"),
                "name": block.get("name"),
                "arguments": block.get("input"),
            }
        case "tool_result":
            return {"type": "tool_call_response", "id": block.get("tool_use_id"), "response": block.get("content")}
        case _:
            return block


def _tool_call(call: Any) -> Any:
    if not is_a(call, Mapping):
        return {"type": "tool_call", "name": to_text(call)}
    function = call.get("function", call)
    if not is_a(function, Mapping):
        return call
    return {
        "type": "tool_call",
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": _parsed(function.get("arguments")),
    }


def _parsed(arguments: Any) -> Any:
    """Clients hold arguments as JSON text; text that is not JSON is what the model said, so it stays."""
    if not is_a(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def texts_of(messages: list[dict[str, Any]], roles: tuple[str, ...]) -> list[str]:
    """What messages in our form say in words, of these roles."""
    said = [message.get("parts") for message in messages if message.get("role") in roles]
    parts = [part for each in said if isinstance(each, list) for part in each if isinstance(part, dict)]
    return [part["content"] for part in parts if part.get("type") == "text" and isinstance(part.get("content"), str)]


def tool_calls_of(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """(name, arguments) of the tool calls in messages in our form."""
    said = [message.get("parts") for message in messages]
    parts = [part for each in said if isinstance(each, list) for part in each if isinstance(part, dict)]
    return [(str(part.get("name") or ""), part.get("arguments")) for part in parts if part.get("type") == "tool_call"]
