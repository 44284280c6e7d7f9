"""Vercel AI SDK 6 (`ai.*`); version 7 writes OpenTelemetry GenAI's names."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Message, Span
from whyspan_collector.vocabularies.exchanges import tool_arguments, tool_result
from whyspan_collector.vocabularies.lenient import as_text, items, members, parse
from whyspan_collector.vocabularies.messages import finish_reason, messages, system_message
from whyspan_collector.vocabularies.parts import call_part, reasoning_part, text_part
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import Vocabulary

_VERBS: Final = ("generateText", "streamText", "generateObject", "streamObject")
_OPERATIONS: Final = {
    # The outer call runs the loop over model calls and tools.
    **{f"ai.{verb}".lower(): Kind.AGENT for verb in _VERBS},
    **{f"ai.{verb}.do{how}".lower(): Kind.MODEL_CALL for verb in _VERBS for how in ("Generate", "Stream")},
    "ai.toolcall": Kind.TOOL,
    "ai.embed": Kind.STEP,
    "ai.embedmany": Kind.STEP,
    "ai.embed.doembed": Kind.EMBEDDING,
    "ai.embedmany.doembed": Kind.EMBEDDING,
    "ai.rerank": Kind.STEP,
    "ai.rerank.dorerank": Kind.RETRIEVAL,
}


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The prompt and the answer's pieces, which are attributes of their own."""
    attributes = span.attributes
    return Content(
        input_messages=messages(attributes.get("ai.prompt.messages")) or _prompt(attributes),
        output_messages=_answer(attributes),
        tool_definitions=definitions(attributes.get("ai.prompt.tools")),
        arguments=tool_arguments(attributes.get("ai.toolCall.args")),
        result=tool_result(attributes.get("ai.toolCall.result")),
        output=parse(attributes.get("ai.response.object")),
    )


def _prompt(attributes: Mapping[str, Any]) -> list[Message]:
    prompt = members(attributes.get("ai.prompt"))
    said = messages(prompt.get("messages"))
    if not said and isinstance(prompt.get("prompt"), str):
        said = [Message("user", text_part(prompt["prompt"]))]
    return [*system_message(prompt.get("system")), *said] if said else []


def _answer(attributes: Mapping[str, Any]) -> list[Message]:
    calls = items(attributes.get("ai.response.toolCalls"))
    said = [
        *reasoning_part(attributes.get("ai.response.reasoning")),
        *text_part(attributes.get("ai.response.text")),
        *(call_part(each) for each in calls if isinstance(each, Mapping)),
    ]
    reason = finish_reason(as_text(attributes.get("ai.response.finishReason")))
    return [Message("assistant", said, reason)] if said else []


VOCABULARY: Final = Vocabulary(
    name="vercel-ai",
    kinds={"ai.operationId": _OPERATIONS},
    columns={
        "operation": ("ai.operationId",),
        "tool": ("ai.toolCall.name",),
        "tool_call_id": ("ai.toolCall.id",),
        "request_model": ("ai.model.id",),
        "response_model": ("ai.response.model",),
        "provider": ("ai.model.provider",),
        "finish_reason": ("ai.response.finishReason",),
        "input_tokens": ("ai.usage.inputTokens", "ai.usage.promptTokens"),
        "output_tokens": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        "cache_read_tokens": ("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"),
        "cache_write_tokens": ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        "reasoning_tokens": ("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"),
        "agent": ("ai.telemetry.functionId",),
        "session_id": ("ai.telemetry.metadata.sessionId",),
        "user_id": ("ai.telemetry.metadata.userId",),
        "tags": ("ai.telemetry.metadata.tags",),
    },
    content_keys=(
        "ai.prompt",
        "ai.prompt.messages",
        "ai.prompt.tools",
        "ai.response.text",
        "ai.response.toolCalls",
        "ai.response.reasoning",
        "ai.response.object",
        "ai.toolCall.args",
        "ai.toolCall.result",
    ),
    known=(
        "ai.model.",
        "ai.prompt.toolChoice",
        "ai.request.",
        "ai.response.avgOutputTokensPerSecond",
        "ai.response.id",
        "ai.response.msToFinish",
        "ai.response.msToFirstChunk",
        "ai.response.providerMetadata",
        "ai.response.timestamp",
        "ai.schema.",
        "ai.settings.",
        "ai.telemetry.",
        "ai.usage.inputTokenDetails.noCacheTokens",
        "ai.usage.outputTokenDetails.textTokens",
        "ai.usage.totalTokens",
        "operation.name",
        "resource.name",
    ),
    read=read,
)
