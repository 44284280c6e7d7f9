"""OpenLLMetry (Traceloop), 0.40 with indexed prompts and 0.62 beside OpenTelemetry GenAI's names."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import exchange
from whyspan_collector.vocabularies.indexed import unflatten
from whyspan_collector.vocabularies.langchain import tool_call_id
from whyspan_collector.vocabularies.lenient import first
from whyspan_collector.vocabularies.messages import messages
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import Vocabulary

_PROPERTIES: Final = "traceloop.association.properties."


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The indexed prompts and completions of a model call; the entity's input and output of everything else."""
    attributes = span.attributes
    if span.kind is Kind.MODEL_CALL:
        return Content(
            input_messages=messages(_named(attributes, "gen_ai.prompt")),
            output_messages=messages(_named(attributes, "gen_ai.completion")),
            tool_definitions=definitions(unflatten(attributes, "llm.request.functions")),
        )
    return exchange(
        span.kind,
        first(attributes, "traceloop.entity.input", "gen_ai.task.input"),
        first(attributes, "traceloop.entity.output", "gen_ai.task.output"),
    )


def refine(span: Span) -> None:
    """The id of a LangChain tool call, which only the recorded input has."""
    if span.kind is Kind.TOOL and span.tool_call_id is None:
        span.tool_call_id = tool_call_id(span.attributes.get("traceloop.entity.input"))


def _named(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    return [each for each in unflatten(attributes, prefix) if isinstance(each, Mapping)]


VOCABULARY: Final = Vocabulary(
    name="traceloop",
    kinds={
        "traceloop.span.kind": {
            "workflow": Kind.STEP,
            "task": Kind.STEP,
            "agent": Kind.AGENT,
            "tool": Kind.TOOL,
        },
        "llm.request.type": {
            "chat": Kind.MODEL_CALL,
            "completion": Kind.MODEL_CALL,
            "embedding": Kind.EMBEDDING,
            "rerank": Kind.RETRIEVAL,
        },
    },
    columns={
        "operation": ("llm.request.type", "traceloop.span.kind"),
        "agent": (f"{_PROPERTIES}lc_agent_name", f"{_PROPERTIES}langgraph_node"),
        "finish_reason": ("gen_ai.completion.0.finish_reason",),
        "session_id": (f"{_PROPERTIES}session_id", f"{_PROPERTIES}thread_id"),
        "user_id": (f"{_PROPERTIES}user_id",),
    },
    titles={Kind.TOOL: ("tool", "traceloop.entity.name"), Kind.AGENT: ("agent", "traceloop.entity.name")},
    content_keys=(
        "traceloop.entity.input",
        "traceloop.entity.output",
        "gen_ai.task.input",
        "gen_ai.task.output",
        "gen_ai.prompt.",
        "gen_ai.completion.",
        "llm.request.functions.",
    ),
    known=(
        "gen_ai.task.",
        "llm.headers",
        "llm.is_streaming",
        "llm.usage.total_tokens",
        "traceloop.association.properties.",
        "traceloop.entity.name",
        "traceloop.entity.path",
        "traceloop.entity.version",
        "traceloop.prompt.",
        "traceloop.workflow.name",
    ),
    read=read,
    refine=refine,
)
