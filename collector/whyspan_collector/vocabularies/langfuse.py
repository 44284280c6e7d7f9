"""Langfuse 5's OpenTelemetry attributes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import exchange
from whyspan_collector.vocabularies.langchain import is_agent_graph
from whyspan_collector.vocabularies.lenient import parse
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_USAGE: Final = "langfuse.observation.usage_details"
_METADATA: Final = "langfuse.observation.metadata."


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The observation's input and output; the tools offered are taken out of the input, where Langfuse puts them."""
    given = parse(span.attributes.get("langfuse.observation.input"))
    tools = [each for each in given if _is_tool(each)] if isinstance(given, list) else []
    if tools:
        given = [each for each in given if not _is_tool(each)]
    content = exchange(span.kind, given, span.attributes.get("langfuse.observation.output"))
    content.tool_definitions = content.tool_definitions or definitions([each["content"] for each in tools])
    return content


def _is_tool(message: Any) -> bool:
    """A tool offered to the model, which the LangChain callback sends as a message of the tool."""
    content = message.get("content") if isinstance(message, Mapping) and message.get("role") == "tool" else None
    return isinstance(content, Mapping) and content.get("type") == "function"


def refine(span: Span) -> None:
    """LangChain's agents are recorded as chains."""
    if is_agent_graph(span, named=f"{_METADATA}lc_agent_name" in span.attributes):
        span.kind = Kind.AGENT


VOCABULARY: Final = Vocabulary(
    name="langfuse",
    kinds={
        "langfuse.observation.type": {
            "generation": Kind.MODEL_CALL,
            "agent": Kind.AGENT,
            "tool": Kind.TOOL,
            "chain": Kind.STEP,
            "span": Kind.STEP,
            "retriever": Kind.RETRIEVAL,
            "embedding": Kind.EMBEDDING,
            "guardrail": Kind.GUARD,
            "evaluator": Kind.EVALUATION,
        },
    },
    columns={
        "operation": ("langfuse.observation.type",),
        "agent": (f"{_METADATA}lc_agent_name", f"{_METADATA}langgraph_node"),
        "request_model": (f"{_METADATA}ls_model_name", "langfuse.observation.model.name"),
        "response_model": ("langfuse.observation.model.name",),
        "provider": (f"{_METADATA}ls_provider",),
        # Langfuse takes the details (cached, reasoning) out of the totals; OpenTelemetry's counts include them.
        "input_tokens": (f"{_USAGE}#input*", f"{_USAGE}#prompt_tokens"),
        "output_tokens": (f"{_USAGE}#output*", f"{_USAGE}#completion_tokens"),
        "cache_read_tokens": (f"{_USAGE}#input_cache_read", f"{_USAGE}#input_cached_tokens"),
        "reasoning_tokens": (f"{_USAGE}#output_reasoning", f"{_USAGE}#output_reasoning_tokens"),
        "cost": ("langfuse.observation.cost_details#total",),
        "session_id": (f"{_METADATA}thread_id", "langfuse.trace.metadata.thread_id"),
        "user_id": (f"{_METADATA}user_id", "langfuse.trace.metadata.user_id"),
        "tags": ("langfuse.trace.tags", f"{_METADATA}tags"),
        "error_message": ("langfuse.observation.status_message",),
    },
    titles={Kind.TOOL: ("tool", SPAN_NAME)},
    content_keys=("langfuse.observation.input", "langfuse.observation.output"),
    known=(
        "langfuse.environment",
        "langfuse.internal.",
        "langfuse.observation.completion_start_time",
        "langfuse.observation.level",
        "langfuse.observation.metadata.",
        "langfuse.observation.model.parameters",
        "langfuse.observation.prompt.",
        "langfuse.release",
        "langfuse.trace.",
        "langfuse.version",
    ),
    read=read,
    refine=refine,
)
