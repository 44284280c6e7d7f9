"""MLflow tracing, where every attribute's value is JSON, plain words included."""

from collections.abc import Sequence
from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.exchanges import exchange
from whyspan_collector.vocabularies.lenient import as_tags, as_text
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_TAG: Final = "mlflow.traceTag."
_USAGE: Final = "mlflow.chat.tokenUsage"


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The span's inputs and outputs; a model call's are the request and the response as they were."""
    attributes = span.attributes
    content = exchange(span.kind, attributes.get("mlflow.spanInputs"), attributes.get("mlflow.spanOutputs"))
    content.tool_definitions = content.tool_definitions or definitions(attributes.get("mlflow.chat.tools"))
    return content


def refine(span: Span) -> None:
    """The model asked for is under a bare key, which means nothing on spans of others. Each tag is an attribute of its own."""
    span.request_model = span.request_model or as_text(span.attributes.get("model"))
    if not span.tags:
        span.tags = as_tags(
            [f"{key.removeprefix(_TAG)}:{span.attributes[key]}" for key in span.attributes if _is_tag(key)]
        )


def _is_tag(key: str) -> bool:
    """Whether a user tagged the trace with it; MLflow keeps facts of its own in tags as well."""
    return key.startswith(_TAG) and not key.startswith(f"{_TAG}mlflow.")


VOCABULARY: Final = Vocabulary(
    name="mlflow",
    kinds={
        "mlflow.spanType": {
            "llm": Kind.MODEL_CALL,
            "chat_model": Kind.MODEL_CALL,
            "agent": Kind.AGENT,
            "tool": Kind.TOOL,
            "retriever": Kind.RETRIEVAL,
            "reranker": Kind.RETRIEVAL,
            "memory": Kind.RETRIEVAL,
            "embedding": Kind.EMBEDDING,
            "guardrail": Kind.GUARD,
            "evaluator": Kind.EVALUATION,
            "chain": Kind.STEP,
            "task": Kind.STEP,
            "workflow": Kind.STEP,
            "parser": Kind.STEP,
            "unknown": Kind.STEP,
        },
    },
    columns={
        "operation": ("mlflow.spanType",),
        "response_model": ("mlflow.llm.model",),
        "provider": ("mlflow.llm.provider",),
        "input_tokens": (f"{_USAGE}#input_tokens",),
        "output_tokens": (f"{_USAGE}#output_tokens",),
        "cache_read_tokens": (f"{_USAGE}#cache_read_input_tokens",),
        "cache_write_tokens": (f"{_USAGE}#cache_creation_input_tokens",),
        "session_id": ("mlflow.trace.session",),
        "user_id": ("mlflow.trace.user",),
    },
    titles={Kind.TOOL: ("tool", SPAN_NAME), Kind.AGENT: ("agent", SPAN_NAME)},
    content_keys=("mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tools", "model"),
    known=(
        "mlflow.experimentId",
        "mlflow.message.format",
        "mlflow.spanFunctionName",
        "mlflow.spanLogLevel",
        "mlflow.trace.",
        "mlflow.traceRequestId",
        "mlflow.traceTag.",
        "tools",
    ),
    read=read,
    refine=refine,
)
