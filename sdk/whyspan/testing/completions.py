"""OpenAI's HTTP forms: what a request asks, and a recorded answer as a client expects it. `/chat/completions` and `/responses`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from whyspan.messages import messages_json
from whyspan.testing.tape import Answered


@dataclass(frozen=True, slots=True)
class Form:
    """One way of asking a model over HTTP."""

    messages: Callable[[dict[str, Any]], list[dict[str, Any]]]
    """The conversation of a request, in OpenTelemetry's form."""
    body: Callable[[Answered], dict[str, Any]]
    """An answer as the body of a response."""
    events: Callable[[Answered], Iterator[tuple[str | None, dict[str, Any]]]]
    """The same as a stream: (name of the event, its data)."""


def offered(request: dict[str, Any]) -> dict[str, Any]:
    """Name -> JSON Schema of the tools a request offers."""
    tools = request.get("tools")
    described = [{**tool, **(tool.get("function") or {})} for tool in tools or () if isinstance(tool, dict)]
    return {str(tool["name"]): tool.get("parameters") for tool in described if tool.get("name")}


def _chat_messages(request: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(messages_json(request.get("messages") or []))
    return found


def _chat(answer: Answered) -> dict[str, Any]:
    message: dict[str, Any] = _said(answer)
    if answer.calls:
        message["tool_calls"] = [_function(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}
    return {**_head(answer), "object": "chat.completion", "choices": [choice], "usage": _NO_TOKENS}


def _chat_events(answer: Answered) -> Iterator[tuple[str | None, dict[str, Any]]]:
    delta: dict[str, Any] = _said(answer)
    if answer.calls:
        delta["tool_calls"] = [{"index": index, **_function(call)} for index, call in enumerate(answer.calls)]
    head = {**_head(answer), "object": "chat.completion.chunk"}
    yield None, {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield None, {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(answer)}]}
    yield None, {**head, "choices": [], "usage": _NO_TOKENS}


def _responses_messages(request: dict[str, Any]) -> list[dict[str, Any]]:
    given = request.get("input")
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    found: list[dict[str, Any]] = json.loads(messages_json([_as_chat(item) for item in given or ()]))
    return found


def _as_chat(item: Any) -> Any:
    """An item of a conversation as a message of `/chat/completions`."""
    if not isinstance(item, dict):
        return item
    if item.get("type") == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        return {"role": "assistant", "tool_calls": [{"id": item.get("call_id"), "function": function}]}
    if item.get("type") == "function_call_output":
        return {"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")}
    return item


def _response(answer: Answered) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        output.append({"type": "reasoning", "id": f"rs_{answer.step}", "summary": summary})
    if answer.text:
        text = {"type": "output_text", "text": answer.text, "annotations": []}
        output.append({"type": "message", "id": f"msg_{answer.step}", "role": "assistant", "status": "completed", "content": [text]})  # fmt: skip
    for call in answer.calls:
        arguments = _arguments(call["arguments"])
        output.append({"type": "function_call", "id": f"fc_{call['id']}", "call_id": call["id"], "name": call["name"], "arguments": arguments, "status": "completed"})  # fmt: skip
    return {
        "id": f"resp_{answer.step}",
        "object": "response",
        "created_at": 0,
        "model": answer.model,
        "status": "completed",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 0,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 0,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 0,
        },
    }


def _response_events(answer: Answered) -> Iterator[tuple[str | None, dict[str, Any]]]:
    body = _response(answer)
    begun = {**body, "status": "in_progress", "output": []}
    yield "response.created", {"type": "response.created", "sequence_number": 0, "response": begun}
    number = 1
    for index, item in enumerate(body["output"]):
        for name in ("response.output_item.added", "response.output_item.done"):
            yield name, {"type": name, "sequence_number": number, "output_index": index, "item": item}
            number += 1
    yield "response.completed", {"type": "response.completed", "sequence_number": number, "response": body}


FORMS = {
    "chat/completions": Form(_chat_messages, _chat, _chat_events),
    "responses": Form(_responses_messages, _response, _response_events),
}
"""End of the path -> form."""
_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def _head(answer: Answered) -> dict[str, Any]:
    return {"id": f"chatcmpl-{answer.step}", "created": 0, "model": answer.model}


def _said(answer: Answered) -> dict[str, Any]:
    """The words of an answer; `reasoning_content` is how models with open reasoning send theirs."""
    thought = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
    return {"role": "assistant", "content": answer.text or None, **thought}


def _finish(answer: Answered) -> str:
    return "tool_calls" if answer.calls else "length" if answer.finish == "length" else "stop"


def _function(call: Any) -> dict[str, Any]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": _arguments(call["arguments"])},
    }


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
