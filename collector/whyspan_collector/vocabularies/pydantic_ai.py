"""Pydantic AI and Logfire: what they add to OpenTelemetry GenAI, and the older names of Pydantic AI 1."""

from collections.abc import Sequence
from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import tool_arguments, tool_result, with_history_as_input
from whyspan_collector.vocabularies.lenient import members, parse
from whyspan_collector.vocabularies.messages import messages
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import Vocabulary


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The whole conversation on an agent's span, its result, and the tools of a request."""
    attributes = span.attributes
    content = Content(
        output_messages=messages(attributes.get("pydantic_ai.all_messages") or attributes.get("all_messages_events")),
        tool_definitions=definitions(members(attributes.get("model_request_parameters")).get("function_tools")),
        arguments=tool_arguments(attributes.get("tool_arguments")),
        result=tool_result(attributes.get("tool_response")),
        output=parse(attributes.get("final_result")),
    )
    return with_history_as_input(content)


_TOTAL: Final = "gen_ai.aggregated_usage."

VOCABULARY: Final = Vocabulary(
    name="pydantic-ai",
    kinds={"pydantic_ai.all_messages": Kind.AGENT, "all_messages_events": Kind.AGENT},
    columns={
        "agent": ("agent_name",),
        "input_tokens": (f"{_TOTAL}input_tokens",),
        "output_tokens": (f"{_TOTAL}output_tokens",),
        "cache_read_tokens": (f"{_TOTAL}cache_read.input_tokens",),
        "cache_write_tokens": (f"{_TOTAL}cache_write.input_tokens",),
        "reasoning_tokens": ("gen_ai.usage.details.reasoning_tokens", f"{_TOTAL}details.reasoning_tokens"),
        "cost": ("operation.cost",),
        "tags": ("logfire.tags",),
    },
    content_keys=(
        "pydantic_ai.all_messages",
        "all_messages_events",
        "model_request_parameters",
        "tool_arguments",
        "tool_response",
        "final_result",
    ),
    known=(
        "gen_ai.aggregated_usage.details.",
        "logfire.",
        "model_name",
        "pydantic_ai.cache.",
        "pydantic_ai.tool.",
    ),
    read=read,
)
