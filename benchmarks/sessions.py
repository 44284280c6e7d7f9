"""A generated session with a model: every call carries the conversation so far, in the forms instrumentations have for it."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS: Final = 1_790_000_000_000_000_000
Message = dict[str, str]


def as_json(messages: list[Message]) -> list[KeyValue]:
    """OpenTelemetry GenAI, and most others: one attribute with the messages as JSON."""
    parts = [{"role": each["role"], "parts": [{"type": "text", "content": each["content"]}]} for each in messages]
    return [_text("gen_ai.operation.name", "chat"), _text("gen_ai.input.messages", json.dumps(parts))]


def as_request(messages: list[Message]) -> list[KeyValue]:
    """OpenInference, Langfuse, MLflow: the body of the request to the model, with the messages somewhere in it."""
    body = {"model": "gpt-4o-mini", "messages": messages, "temperature": 0.2}
    return [_text("openinference.span.kind", "LLM"), _text("input.value", json.dumps(body, separators=(",", ":")))]


def as_indexed_keys(messages: list[Message]) -> list[KeyValue]:
    """OpenInference and Traceloop: two attributes a message."""
    keys = [(f"llm.input_messages.{number}.message", each) for number, each in enumerate(messages)]
    return [_text(f"{key}.{name}", each[name]) for key, each in keys for name in ("role", "content")]


def as_structure(messages: list[Message]) -> list[KeyValue]:
    """OpenTelemetry GenAI with structured attributes."""
    items = [
        AnyValue(kvlist_value=KeyValueList(values=[_text(name, each[name]) for name in ("role", "content")]))
        for each in messages
    ]
    return [KeyValue(key="gen_ai.input.messages", value=AnyValue(array_value=ArrayValue(values=items)))]


FORMS: Final[dict[str, Callable[[list[Message]], list[KeyValue]]]] = {
    "one JSON attribute": as_json,
    "request body": as_request,
    "indexed keys": as_indexed_keys,
    "structured": as_structure,
}


def session(form: Callable[[list[Message]], list[KeyValue]], turns: int, seed: int = 7) -> Iterator[bytes]:
    """The requests of a session: a model call a turn, in a trace of its own. Messages are of 20 to 1,500 characters."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvwz", k=rng.randint(2, 9))) for _ in range(3_000)]
    messages = [{"role": "system", "content": _prose(rng, words, 2_000)}]
    for turn in range(turns):
        messages.append({"role": "user", "content": _prose(rng, words, rng.randint(20, 400))})
        request = ExportTraceServiceRequest()
        scope = request.resource_spans.add().scope_spans.add()
        scope.spans.append(
            Span(
                trace_id=rng.randbytes(16),
                span_id=rng.randbytes(8),
                name="chat",
                start_time_unix_nano=START_NS + turn * 10**9,
                end_time_unix_nano=START_NS + turn * 10**9 + 10**8,
                attributes=[_text("session.id", "one"), *form(messages), _text("llm.finish_reason", "stop")],
            )
        )
        yield request.SerializeToString()
        messages.append({"role": "assistant", "content": _prose(rng, words, rng.randint(50, 1_500))})


def _prose(rng: random.Random, words: list[str], size: int) -> str:
    text = ""
    while len(text) < size:
        text += rng.choice(words) + " "
    return text


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))
