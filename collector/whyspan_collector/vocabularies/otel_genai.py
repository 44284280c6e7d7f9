"""OpenTelemetry GenAI, all generations: span attributes, span events, log events, old and new names.

Also Strands and everyone else who writes `gen_ai.*`. Names: open-telemetry/semantic-conventions-genai, November 2026.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from whyspan.model import Outcome
from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Message, Span
from whyspan_collector.vocabularies.exchanges import tool_arguments, tool_result
from whyspan_collector.vocabularies.langchain import tool_call_id
from whyspan_collector.vocabularies.lenient import as_text, first, parse
from whyspan_collector.vocabularies.messages import finish_reason, message, messages, role, system_message
from whyspan_collector.vocabularies.outcomes import labelled_outcome
from whyspan_collector.vocabularies.parts import blocks, parts
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import Vocabulary

_OPERATIONS: Final = {
    "chat": Kind.MODEL_CALL,
    "generate_content": Kind.MODEL_CALL,
    "text_completion": Kind.MODEL_CALL,
    "embeddings": Kind.EMBEDDING,
    "retrieval": Kind.RETRIEVAL,
    "search_memory": Kind.RETRIEVAL,
    "execute_tool": Kind.TOOL,
    "invoke_agent": Kind.AGENT,
    "invoke_swarm": Kind.AGENT,
    "handoff": Kind.HANDOFF,
    "goto": Kind.HANDOFF,
    # Structure without a choice of its own; unknown operations are left to the other vocabularies.
    "create_agent": Kind.STEP,
    "invoke_workflow": Kind.STEP,
    "plan": Kind.STEP,
    "execute_task": Kind.STEP,
    "execute_event_loop_cycle": Kind.STEP,
    "agent_step": Kind.STEP,
}
_DETAILS: Final = "gen_ai.client.inference.operation.details"
_EVALUATION: Final = "gen_ai.evaluation.result"
_CHOICE: Final = "gen_ai.choice"
_MESSAGE_EVENTS: Final = {f"gen_ai.{each}.message": each for each in ("system", "user", "assistant", "tool")}


def read(span: Span, logs: Sequence[Log]) -> Content:
    """What the span's attributes say, then its events, then the log records that belong to it."""
    content = Content()
    events = list(_events(span, logs))
    for attributes in (span.attributes, *(said for name, said in events if name == _DETAILS)):
        _read_attributes(attributes, content)
    said = [(name, body) for name, body in events if name == _CHOICE or name in _MESSAGE_EVENTS]
    if span.kind is Kind.TOOL:
        _read_tool_events(said, content)
    else:
        given = [_event_message(_MESSAGE_EVENTS[name], body) for name, body in said if name != _CHOICE]
        answers = [_choice(body) for name, body in said if name == _CHOICE]
        content.input_messages = content.input_messages or given or _whole(events, "gen_ai.content.prompt")
        content.output_messages = content.output_messages or answers or _whole(events, "gen_ai.content.completion")
    content.outcomes = [found for name, body in events if name == _EVALUATION and (found := _evaluation(body))]
    return content


def refine(span: Span) -> None:
    """Why a model stopped, where only an event says so (Strands); the call's id, where only LangChain's dump has it."""
    if span.kind is Kind.TOOL and span.tool_call_id is None:
        span.tool_call_id = tool_call_id(span.attributes.get("gen_ai.tool.call.arguments"))
    elif span.kind is Kind.MODEL_CALL and span.finish_reason is None:
        for name, body in _events(span, ()):
            if name == _CHOICE:
                span.finish_reason = finish_reason(body.get("finish_reason"))


def _events(span: Span, logs: Sequence[Log]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Name and members of the events of the span and of its log records, in the order they happened."""
    for event in span.events:
        name, attributes = event.get("name"), event.get("attributes")
        if isinstance(name, str) and isinstance(attributes, Mapping):
            yield name, attributes
    for log in sorted(logs, key=lambda log: log.time_ns):
        name = log.event_name or as_text(log.attributes.get("event.name"))
        if name:
            body = parse(log.body)
            yield name, {**log.attributes, **body} if isinstance(body, Mapping) else log.attributes


def _read_attributes(attributes: Mapping[str, Any], content: Content) -> None:
    if not content.input_messages:
        given = messages(attributes.get("gen_ai.input.messages"))
        system = system_message(attributes.get("gen_ai.system_instructions"))
        content.input_messages = given if given and given[0].role == "system" else [*system, *given]
    content.output_messages = content.output_messages or messages(attributes.get("gen_ai.output.messages"))
    content.tool_definitions = content.tool_definitions or definitions(
        first(attributes, "gen_ai.tool.definitions", "gen_ai.agent.tools")
    )
    if content.arguments is None:
        content.arguments = tool_arguments(attributes.get("gen_ai.tool.call.arguments"))
    if content.result is None:
        content.result = tool_result(attributes.get("gen_ai.tool.call.result"))


def _read_tool_events(said: list[tuple[str, Mapping[str, Any]]], content: Content) -> None:
    """Strands: on a tool's span the tool message is what the tool was given, the choice what it answered."""
    for name, body in said:
        if name == "gen_ai.tool.message" and content.arguments is None:
            content.arguments = tool_arguments(body.get("content"))
        elif name == _CHOICE and content.result is None:
            answer = parts(parse(body.get("message")))
            texts = [part.content for part in answer if part.type == "text"]
            content.result = parse(texts[0]) if len(texts) == len(answer) == 1 else parse(body.get("message"))


def _whole(events: list[tuple[str, Mapping[str, Any]]], wanted: str) -> list[Message]:
    """The conversation in the one event of the earliest generation: `gen_ai.prompt` or `gen_ai.completion`."""
    key = wanted.replace(".content", "")
    return next((found for name, body in events if name == wanted and (found := messages(body.get(key)))), [])


def _event_message(who: str, body: Mapping[str, Any]) -> Message:
    content = body.get("content")
    found = message({**body, "role": body.get("role") or who, "content": blocks(content) or content})
    return found or Message(role(who) or "user", parts(content))


def _choice(body: Mapping[str, Any]) -> Message:
    sent = body.get("message")
    said = parse(sent)
    found = message({"role": "assistant", **said}) if isinstance(said, Mapping) else None
    found = found or Message("assistant", parts(sent))
    found.finish_reason = found.finish_reason or finish_reason(body.get("finish_reason"))
    return found


def _evaluation(body: Mapping[str, Any]) -> Outcome | None:
    return labelled_outcome(
        body.get("gen_ai.evaluation.score.label"),
        body.get("gen_ai.evaluation.name"),
        body.get("gen_ai.evaluation.explanation"),
    )


VOCABULARY: Final = Vocabulary(
    name="otel-genai",
    kinds={"gen_ai.operation.name": _OPERATIONS},
    columns={
        "operation": ("gen_ai.operation.name",),
        "agent": ("gen_ai.agent.name",),
        "agent_id": ("gen_ai.agent.id",),
        "agent_version": ("gen_ai.agent.version",),
        "tool": ("gen_ai.tool.name",),
        "tool_call_id": ("gen_ai.tool.call.id",),
        "request_model": ("gen_ai.request.model",),
        "response_model": ("gen_ai.response.model",),
        "provider": ("gen_ai.provider.name", "gen_ai.system"),
        "finish_reason": (
            "gen_ai.response.finish_reasons",
            "gen_ai.response.finish_reason",
            "anthropic.message.stop_reason",
        ),
        "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        "cache_read_tokens": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        "cache_write_tokens": (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
        ),
        "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
        "cost": ("gen_ai.usage.cost",),
        "session_id": ("gen_ai.conversation.id",),
    },
    content_keys=(
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "gen_ai.agent.tools",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
    ),
    known=(
        "gen_ai.agent.call.id",
        "gen_ai.agent.description",
        "gen_ai.client.operation.",
        "gen_ai.data_source.id",
        "gen_ai.event.",
        "gen_ai.execute_tool.",
        "gen_ai.is_streaming",
        "gen_ai.output.type",
        "gen_ai.request.",
        "gen_ai.response.id",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.server.",
        "gen_ai.token.type",
        "gen_ai.tool.description",
        "gen_ai.tool.json_schema",
        "gen_ai.tool.status",
        "gen_ai.tool.type",
        "gen_ai.usage.details.",
        "gen_ai.usage.total_tokens",
        "gen_ai.workflow.",
        "agent_framework.",
        "anthropic.",
        "aws.bedrock.",
        "azure.",
        "event_loop.",
        "gcp.vertex.",
        "gen_ai.openai.",
        "openai.",
    ),
    read=read,
    refine=refine,
)
