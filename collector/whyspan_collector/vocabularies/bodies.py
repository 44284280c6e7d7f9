"""Request and response bodies of model APIs that an instrumentation recorded whole, as JSON.

Known: OpenAI chat completions and Responses, Anthropic, Gemini, LangChain, and plain conversations.
"""

from collections.abc import Mapping
from typing import Any

from whyspan_collector.records import Message
from whyspan_collector.vocabularies.lenient import first, items, parse
from whyspan_collector.vocabularies.messages import finish_reason, message, messages, system_message
from whyspan_collector.vocabularies.tools import definitions


def request_messages(value: Any) -> list[Message]:
    """The conversation in a request body, system instructions first; empty when the value is no request."""
    body = parse(value)
    if not isinstance(body, Mapping):
        return messages(body)
    config = body.get("config")
    system = first(body, "system", "instructions", "system_instruction", "systemInstruction")
    if system is None and isinstance(config, Mapping):
        system = config.get("system_instruction")
    said = parse(first(body, "messages", "contents", "input", "prompt"))
    if isinstance(said, str):
        said = [{"role": "user", "content": said}] if "model" in body or system is not None else []
    conversation = messages(said if said is not None else body)
    return [*system_message(system), *conversation] if conversation else []


def request_tools(value: Any) -> list[dict[str, Any]]:
    """The tools offered in a request body."""
    body = parse(value)
    if not isinstance(body, Mapping):
        return []
    config = body.get("config")
    offered = body.get("tools")
    if offered is None and isinstance(config, Mapping):
        offered = config.get("tools")
    return definitions(offered)


def response_messages(value: Any) -> list[Message]:
    """What a model answered, one message per choice; empty when the value is no response."""
    body = parse(value)
    if isinstance(body, list):
        return messages(body)
    if not isinstance(body, Mapping):
        return []
    for read in (_choices, _generations, _output_items, _candidates, _turn, _completion):
        if found := read(body):
            return found
    return []


def _choices(body: Mapping[str, Any]) -> list[Message]:
    """OpenAI chat completions, and whoever copies them."""
    found = []
    for choice in items(body.get("choices")):
        said = message(choice.get("message")) if isinstance(choice, Mapping) else None
        if said is not None:
            said.finish_reason = said.finish_reason or finish_reason(choice.get("finish_reason"))
            found.append(said)
    return found


def _generations(body: Mapping[str, Any]) -> list[Message]:
    """LangChain's LLMResult."""
    found = []
    for batch in items(body.get("generations")):
        for generation in batch if isinstance(batch, list) else [batch]:
            said = message(generation.get("message")) if isinstance(generation, Mapping) else None
            if said is not None:
                info = generation.get("generation_info")
                reason = info.get("finish_reason") if isinstance(info, Mapping) else None
                said.finish_reason = said.finish_reason or finish_reason(reason)
                found.append(said)
    return found


def _output_items(body: Mapping[str, Any]) -> list[Message]:
    """OpenAI Responses: reasoning, calls and texts of one turn are separate items; they become one message."""
    said = [each for each in messages(items(body.get("output"))) if each.role == "assistant"]
    return [Message("assistant", [part for each in said for part in each.parts])] if said else []


def _candidates(body: Mapping[str, Any]) -> list[Message]:
    """Gemini, also as ADK sends it: one candidate's members at the top."""
    found = []
    for candidate in items(body.get("candidates")) or [body]:
        content = candidate.get("content") if isinstance(candidate, Mapping) else None
        if isinstance(content, Mapping) and "parts" in content:
            said = message({"role": "model", **content})
            if said is not None:
                said.finish_reason = finish_reason(candidate.get("finish_reason"))
                found.append(said)
    return found


def _turn(body: Mapping[str, Any]) -> list[Message]:
    """A single message at the top (Anthropic, LangChain) or under `message` (Ollama)."""
    said = message(body) or message(body.get("message"))
    return [said] if said is not None else []


def _completion(body: Mapping[str, Any]) -> list[Message]:
    """AutoGen's result: a text, or bare tool calls, with the reason for the stop and no role."""
    said = body.get("content")
    if "finish_reason" not in body or said is None:
        return []
    calls = [each for each in said if isinstance(each, Mapping) and "name" in each] if isinstance(said, list) else []
    content = None if calls else said
    answer = message({**body, "role": "assistant", "content": content, "tool_calls": calls})
    return [answer] if answer is not None else []
