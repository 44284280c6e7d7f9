"""A generated load of realistic agent spans, as OTLP/HTTP request bodies.

Runs of about 30 spans in the proportions of recorded agents: a fifth are model calls that carry 2 to 10 KB of messages, half are tool calls, the
rest structure; seven in ten speak OpenTelemetry GenAI, three in ten OpenInference. Text is random words from a fixed vocabulary, so that it
compresses about as well as prose and not like a repeated template.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

SPANS_PER_RUN = 30
START_NS = 1_790_000_000_000_000_000

_SYLLABLES = [
    a + b
    for a in ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"]
    for b in ["a", "e", "i", "o", "u", "an", "er", "in", "or", "us"]
]


@dataclass(frozen=True, slots=True)
class Load:
    """Request bodies of equal span count."""

    bodies: list[bytes]
    spans: int

    @property
    def bytes_per_span(self) -> float:
        """Mean size of a span on the wire."""
        return sum(map(len, self.bodies)) / self.spans


def generate(spans: int, per_request: int, seed: int = 7) -> Load:
    """`spans` spans in requests of `per_request`, the same for the same seed."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(4000)]
    stream = _spans(rng, words)
    bodies = []
    for first in range(0, spans, per_request):
        batch = [next(stream) for _ in range(min(per_request, spans - first))]
        bodies.append(_request(batch).SerializeToString())
    return Load(bodies, spans)


def _request(spans: list[Span]) -> ExportTraceServiceRequest:
    resource_spans = ResourceSpans()
    resource_spans.resource.attributes.extend(
        _attributes({"service.name": "bench-agent", "service.version": "1.4.2", "deployment.environment.name": "bench"})
    )
    scope = ScopeSpans(spans=spans)
    scope.scope.name, scope.scope.version = "bench.instrumentation", "0.1"
    resource_spans.scope_spans.append(scope)
    return ExportTraceServiceRequest(resource_spans=[resource_spans])


def _spans(rng: random.Random, words: list[str]) -> Iterator[Span]:
    """Runs one after the other: children first, the root last, as exporters send them."""
    clock = START_NS
    while True:
        trace_id, root_id = rng.randbytes(16), rng.randbytes(8)
        openinference = rng.random() < 0.3
        for number in range(SPANS_PER_RUN - 1):
            clock += rng.randint(1_000_000, 900_000_000)
            kind = "model" if number % 5 == 0 else "tool" if number % 2 else "step"
            attributes = (_openinference if openinference else _genai)(kind, rng, words)
            yield _span(trace_id, rng.randbytes(8), root_id, f"{kind} {number}", clock, attributes)
        yield _span(trace_id, root_id, b"", "invoke_agent support", clock, _genai("agent", rng, words))


def _span(trace_id: bytes, span_id: bytes, parent: bytes, name: str, clock: int, attributes: dict[str, object]) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=clock,
        end_time_unix_nano=clock + 250_000_000,
        attributes=_attributes(attributes),
    )


def _text(rng: random.Random, words: list[str], size: int) -> str:
    out: list[str] = []
    length = 0
    while length < size:
        word = rng.choice(words)
        out.append(word)
        length += len(word) + 1
    return " ".join(out)


def _genai(kind: str, rng: random.Random, words: list[str]) -> dict[str, object]:
    common: dict[str, object] = {
        "gen_ai.agent.name": "support",
        "gen_ai.conversation.id": f"conv-{rng.randrange(10_000)}",
        "gen_ai.provider.name": "openai",
        "tenant": "eu-1",
        "user.id": f"u-{rng.randrange(500)}",
        "thread.id": rng.randrange(1 << 30),
        "thread.name": "MainThread",
        "code.function.name": "app.agents.support.step",
    }
    if kind == "model":
        messages = [
            {"role": role, "parts": [{"type": "text", "content": _text(rng, words, rng.randint(300, 2500))}]}
            for role in ("system", "user", "assistant")
        ]
        return common | {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.request.temperature": 0.2,
            "gen_ai.usage.input_tokens": rng.randint(200, 9000),
            "gen_ai.usage.output_tokens": rng.randint(5, 900),
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.input.messages": json.dumps(messages),
            "gen_ai.output.messages": json.dumps(messages[-1:]),
            "server.address": "127.0.0.1",
            "server.port": 443,
        }
    if kind == "tool":
        return common | {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": f"tool_{rng.randrange(12)}",
            "gen_ai.tool.call.id": f"call_{rng.randrange(1 << 60):x}",
            "gen_ai.tool.call.arguments": json.dumps({"query": _text(rng, words, 60), "limit": rng.randrange(50)}),
            "gen_ai.tool.call.result": json.dumps({"text": _text(rng, words, rng.randint(100, 1500))}),
        }
    return common | {
        "gen_ai.operation.name": "invoke_agent" if kind == "agent" else "invoke_workflow",
        "input": _text(rng, words, 200),
        "output": _text(rng, words, 200),
    }


def _openinference(kind: str, rng: random.Random, words: list[str]) -> dict[str, object]:
    common: dict[str, object] = {
        "session.id": f"conv-{rng.randrange(10_000)}",
        "user.id": f"u-{rng.randrange(500)}",
        "metadata": '{"tenant": "eu-1"}',
    }
    if kind == "model":
        out = common | {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o-mini",
            "llm.provider": "openai",
            "llm.token_count.prompt": rng.randint(200, 9000),
            "llm.token_count.completion": rng.randint(5, 900),
            "llm.token_count.total": rng.randint(205, 9900),
            "input.mime_type": "application/json",
            "output.mime_type": "application/json",
        }
        for index, role in enumerate(("system", "user", "assistant")):
            out[f"llm.input_messages.{index}.message.role"] = role
            out[f"llm.input_messages.{index}.message.content"] = _text(rng, words, rng.randint(300, 2500))
        out["llm.output_messages.0.message.role"] = "assistant"
        out["llm.output_messages.0.message.content"] = _text(rng, words, rng.randint(50, 900))
        return out
    if kind == "tool":
        return common | {
            "openinference.span.kind": "TOOL",
            "tool.name": f"tool_{rng.randrange(12)}",
            "input.value": json.dumps({"query": _text(rng, words, 60)}),
            "output.value": json.dumps({"text": _text(rng, words, rng.randint(100, 1500))}),
        }
    return common | {
        "openinference.span.kind": "CHAIN",
        "input.value": _text(rng, words, 200),
        "output.value": _text(rng, words, 200),
    }


def _attributes(values: dict[str, object]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in values.items()]


def _any_value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        out = AnyValue()
        out.array_value.values.extend(_any_value(item) for item in value)
        return out
    return AnyValue(string_value=str(value))
