"""Messages of a conversation with a model, in OpenTelemetry's GenAI form: `[{"role", "parts", "finish_reason"?}]`.

Taken as programs have them: that form itself, plain text, or the messages of the OpenAI and Anthropic clients.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from whyspan.values import TEXT_LIMIT, to_json, to_text


def text_message(role: str, text: str, finish_reason: str | None = None) -> str:
    """JSON of one message with one text."""
    return messages_json([{"role": role, "content": text}], finish_reason)


def messages_json(messages: object, finish_reason: str | None = None) -> str:
    """JSON of messages; the oldest ones give way where all together are too long, and a marked part says so."""
    texts: list[str] = []
    left = TEXT_LIMIT
    listed = _listed(messages)
    for count, message in enumerate(reversed(listed)):
        if left <= 0:
            cut = f"[whyspan: {len(listed) - count} earlier messages cut]"
            texts.append(to_json({"role": "system", "parts": [{"type": "whyspan.cut", "content": cut}]}))
            break
        texts.append(to_json(_message(message, finish_reason), left))
        left -= len(texts[-1])
    return f"[{', '.join(reversed(texts))}]"


def _listed(messages: object) -> list[Any]:
    if isinstance(messages, Iterable) and not isinstance(messages, str | bytes | Mapping):
        return list(messages)
    return [messages]


def _message(message: object, finish_reason: str | None) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        message = {"role": "assistant" if finish_reason else "user", "content": message}
    role = message.get("role", "assistant" if finish_reason else "user")
    said = {"role": role, "parts": message.get("parts") or _parts(message)}
    return {**said, "finish_reason": finish_reason} if finish_reason else said


def _parts(message: Mapping[str, Any]) -> list[Any]:
    parts: list[Any] = []
    if reasoning := message.get("reasoning") or message.get("reasoning_content"):
        parts.append({"type": "reasoning", "content": to_text(reasoning)})
    content = message.get("content")
    if message.get("role") == "tool":
        parts.append({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content})
    elif isinstance(content, str):
        parts += [{"type": "text", "content": content}] if content else []
    elif isinstance(content, list | tuple):
        parts += [_part(block) for block in content]
    elif content is not None:
        parts.append({"type": "text", "content": to_text(content)})
    parts += [_tool_call(call) for call in message.get("tool_calls") or ()]
    return parts


def _part(block: Any) -> Any:
    """A content block of a client's message; blocks of a kind we do not know stay as they are."""
    if not isinstance(block, Mapping):
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
    if not isinstance(call, Mapping):
        return {"type": "tool_call", "name": to_text(call)}
    function = call.get("function", call)
    if not isinstance(function, Mapping):
        return call
    return {
        "type": "tool_call",
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": _parsed(function.get("arguments")),
    }


def _parsed(arguments: Any) -> Any:
    """Clients hold arguments as JSON text; text that is not JSON is what the model said, so it stays."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
