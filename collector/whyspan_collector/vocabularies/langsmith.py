"""LangSmith's OpenTelemetry export."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import exchange
from whyspan_collector.vocabularies.langchain import is_agent_graph
from whyspan_collector.vocabularies.lenient import parse
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_METADATA: Final = "langsmith.metadata."
_USAGE: Final = f"{_METADATA}usage_metadata"


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The run's inputs and outputs, which LangSmith calls prompt and completion for every kind of run."""
    given = _unwrapped(span.attributes.get("gen_ai.prompt"), "input")
    returned = _unwrapped(span.attributes.get("gen_ai.completion"), "output")
    if returned == {} and span.status == "error":
        returned = None
    return exchange(span.kind, given, returned)


def _unwrapped(value: Any, name: str) -> Any:
    """What is no object is sent as the only member of one."""
    value = parse(value)
    return value[name] if isinstance(value, Mapping) and set(value) == {name} else value


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
        "input_tokens": (f"{_USAGE}#input_tokens",),
        "output_tokens": (f"{_USAGE}#output_tokens",),
        "cache_read_tokens": (f"{_USAGE}#input_token_details.cache_read",),
        "cache_write_tokens": (f"{_USAGE}#input_token_details.cache_creation",),
        "reasoning_tokens": (f"{_USAGE}#output_token_details.reasoning",),
        "session_id": (f"{_METADATA}thread_id", f"{_METADATA}session_id"),
        "user_id": (f"{_METADATA}user_id",),
        "tags": ("langsmith.span.tags",),
    },
    titles={Kind.TOOL: ("tool", SPAN_NAME)},
    content_keys=("gen_ai.prompt", "gen_ai.completion"),
    known=(
        "gen_ai.serialized.",
        "langsmith.metadata.",
        "langsmith.span.",
        "langsmith.trace.",
    ),
    read=read,
    refine=refine,
)
