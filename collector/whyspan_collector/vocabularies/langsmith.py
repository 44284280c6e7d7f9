"""LangSmith's OpenTelemetry export."""

from collections.abc import Sequence
from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import exchange
from whyspan_collector.vocabularies.langchain import is_agent_graph
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_METADATA: Final = "langsmith.metadata."


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The run's inputs and outputs, which LangSmith calls prompt and completion for every kind of run."""
    return exchange(span.kind, span.attributes.get("gen_ai.prompt"), span.attributes.get("gen_ai.completion"))


def refine(span: Span) -> None:
    """LangChain's agents are recorded as chains."""
    if is_agent_graph(span, named=f"{_METADATA}lc_agent_name" in span.attributes):
        span.kind = Kind.AGENT


VOCABULARY: Final = Vocabulary(
    name="langsmith",
    kinds={
        "langsmith.span.kind": {
            "llm": Kind.MODEL_CALL,
            "tool": Kind.TOOL,
            "retriever": Kind.RETRIEVAL,
            "embedding": Kind.EMBEDDING,
            "chain": Kind.STEP,
            "prompt": Kind.STEP,
            "parser": Kind.STEP,
        },
    },
    columns={
        "operation": ("langsmith.span.kind",),
        "agent": (f"{_METADATA}lc_agent_name", f"{_METADATA}langgraph_node"),
        "request_model": (f"{_METADATA}ls_model_name",),
        "provider": (f"{_METADATA}ls_provider",),
        "input_tokens": (f"{_METADATA}usage_metadata#input_tokens",),
        "output_tokens": (f"{_METADATA}usage_metadata#output_tokens",),
        "session_id": (f"{_METADATA}thread_id", f"{_METADATA}session_id"),
        "user_id": (f"{_METADATA}user_id",),
    },
    titles={Kind.TOOL: ("tool", SPAN_NAME)},
    content_keys=("gen_ai.prompt", "gen_ai.completion"),
    known=(
        "langsmith.metadata.",
        "langsmith.span.",
        "langsmith.trace.",
    ),
    read=read,
    refine=refine,
)
