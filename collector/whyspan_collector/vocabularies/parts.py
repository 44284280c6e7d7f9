"""One piece of a message in any vendor's spelling, as a `Part`.

Known spellings: OpenTelemetry GenAI, OpenAI chat and Responses, Anthropic, Bedrock, Gemini, LangChain, Vercel AI SDK,
OpenInference.
"""

from collections.abc import Mapping
from typing import Any

from whyspan_collector.records import Part
from whyspan_collector.vocabularies.lenient import as_text, first, parse, parse_literal, text

_TEXT = frozenset({"text", "input_text", "output_text", "refusal"})
_REASONING = frozenset({"reasoning", "thinking", "redacted_thinking", "reasoning_content"})
_CALL = frozenset({"tool_call", "tool_use", "function_call", "server_tool_call", "server_tool_use", "mcp_call"})
_RESPONSE = frozenset(
    {
        "tool_call_response",
        "tool_result",
        "function_call_output",
        "function_response",
        "server_tool_call_response",
        "custom_tool_call_output",
    }
)
_KNOWN = _TEXT | _REASONING | _CALL | _RESPONSE | {"image", "image_url", "input_image", "file", "document"}
# The own id of an item (`id`) last: OpenAI's Responses items have one beside the id of the call.
_IDS = ("call_id", "tool_call_id", "toolCallId", "toolUseId", "tool_use_id", "id")
_NAMES = ("name", "toolName", "tool_name")
_ARGUMENTS = ("arguments", "args", "input", "parameters")
_RESULTS = ("response", "result", "output", "content")
_REASONING_TEXTS = ("content", "thinking", "text", "reasoning", "summary", "reasoningText", "data")
# Bedrock and Gemini name a block by its only member instead of by a type.
_BY_MEMBER = {
    "toolUse": "tool_use",
    "toolResult": "tool_result",
    "reasoningContent": "reasoning",
    "function_call": "function_call",
    "functionCall": "function_call",
    "function_response": "function_response",
    "functionResponse": "function_response",
}


def text_part(value: Any) -> list[Part]:
    """A text part, or none for empty text."""
    content = text(value)
    return [Part("text", content=content)] if content else []


def reasoning_part(value: Any) -> list[Part]:
    """A reasoning part, or none for empty text."""
    content = _joined(value)
    return [Part("reasoning", content=content)] if content else []


def call_part(block: Mapping[str, Any]) -> Part:
    """A tool call; `value` holds the arguments, parsed where they are JSON, {} where the wire has none."""
    function = block.get("function")
    inner = function if isinstance(function, Mapping) else block
    arguments = first(inner, *_ARGUMENTS)
    return Part(
        "tool_call",
        id=as_text(first(block, *_IDS)),
        name=as_text(first(inner, *_NAMES)),
        value={} if arguments is None or arguments == "" else parse_literal(arguments),
    )


def response_part(block: Mapping[str, Any]) -> Part:
    """A tool's answer inside a conversation; `value` parsed where it is JSON, `content` its text."""
    answer = first(block, *_RESULTS)
    error = first(block, "is_error", "isError")
    failed = error is True or as_text(block.get("status")) == "error" or bool(block.get("error"))
    if isinstance(answer, Mapping) and set(answer) == {"type", "value"}:  # Vercel AI SDK
        failed = failed or str(answer["type"]).startswith("error")
        answer = answer["value"]
    plain = _plain(answer)
    return Part(
        "tool_call_response",
        content=text(plain),
        id=as_text(first(block, *_IDS)),
        name=as_text(first(block, *_NAMES)),
        value=parse_literal(plain),
        error=failed,
    )


def blocks(value: Any) -> list[Any] | None:
    """The blocks of a message's content: a list, or a JSON text that is nothing but blocks; None for anything else.

    Text is opened carefully, because a message may well be JSON that somebody wants to talk about.
    """
    if isinstance(value, str) and value.startswith("[{"):
        parsed = parse(value)
        return parsed if isinstance(parsed, list) and all(map(_is_block, parsed)) else None
    return list(value) if isinstance(value, list | tuple) else None


def parts(value: Any) -> list[Part]:
    """The parts of a message's content: a text, a list of blocks, or one block."""
    if isinstance(value, Mapping):
        return _block(value)
    listed = blocks(value)
    if listed is None:
        return text_part(value)
    return [part for block in listed for part in (_block(block) if isinstance(block, Mapping) else text_part(block))]


def _block(block: Mapping[str, Any]) -> list[Part]:
    kind, block = _typed(block)
    if kind in _TEXT:
        return (
            reasoning_part(block.get("text"))
            if block.get("thought") is True
            else text_part(first(block, "text", "content", "refusal"))
        )
    if kind in _REASONING:
        return reasoning_part(first(block, *_REASONING_TEXTS))
    if kind in _CALL:
        return [call_part(block)]
    if kind in _RESPONSE:
        return [response_part(block)]
    said = block.get("content")
    return [Part("other", content=said if isinstance(said, str) else "", value=dict(block))]


def _is_block(value: Any) -> bool:
    """True for a block that cannot be anything else: a known type, or nothing but the member that names it."""
    return isinstance(value, Mapping) and _typed(value)[0] in _KNOWN and ("type" in value or len(value) == 1)


def _typed(block: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The block's type in one spelling, and the mapping that holds its members."""
    kind = block.get("type")
    if isinstance(kind, str):
        return kind.lower().replace("-", "_"), block
    for member, kind in _BY_MEMBER.items():
        if isinstance(block.get(member), Mapping):
            return kind, block[member]
    return ("text" if "text" in block else "other"), block


def _plain(answer: Any) -> Any:
    """A tool answer without its wrapping in text blocks."""
    if not isinstance(answer, list):
        return answer["text"] if isinstance(answer, Mapping) and answer.get("type") == "text" else answer
    texts = [block["text"] for block in answer if _is_text_block(block)]
    if texts and len(texts) == len(answer):
        return "\n".join(texts)
    if len(answer) == 1 and isinstance(answer[0], Mapping) and set(answer[0]) == {"json"}:
        return answer[0]["json"]
    return answer


def _is_text_block(block: Any) -> bool:
    """True for a text block; a search hit that happens to have a `text` among its members is none."""
    if not isinstance(block, Mapping) or not isinstance(block.get("text"), str):
        return False
    return block.get("type") == "text" or len(block) == 1


def _joined(value: Any, depth: int = 4) -> str:
    """The texts of a reasoning value, which may be a text, a block or a list of summary blocks."""
    if depth == 0:
        return text(value)
    if isinstance(value, Mapping):
        return _joined(first(value, "text", "reasoningText", "content", "thinking"), depth - 1)
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, (_joined(element, depth - 1) for element in value)))
    return text(value)
