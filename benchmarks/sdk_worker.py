"""Measures one SDK in a process of its own, interleaved with raw OpenTelemetry there, and prints JSON.

Run as a script by the benchmark `sdk`, also in environments that have no Whyspan. What is timed is the CPU of the
caller's thread (`time.thread_time_ns`): what export threads do is not the program's wait, and neighbours on the machine
do not count.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

CHUNK = 300
"""Calls timed at once; flushed after each chunk, so that no queue runs full."""
ROUNDS = 25

CUSTOMER = "ada.lovelace@example.com"
ORDERS = [
    {"order_id": f"o-{number}", "customer": CUSTOMER, "total": 40.5 + number, "items": ["shoes", "laces"], "open": True}
    for number in range(5)
]
"""What the tool returns: half a kilobyte of JSON, as tools of agents do."""

Variant: TypeAlias = tuple[Callable[[], object], Callable[[], object]]
"""A call to time, and what flushes afterwards."""


class Drop(SpanExporter):
    """Counts spans and forgets them."""

    def __init__(self) -> None:
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Counts, keeps nothing."""
        self.taken += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing to end."""


def measure(variants: dict[str, Variant]) -> dict[str, list[float]]:
    """Microseconds for each call, one figure for each round: all variants in every round, in random order."""
    figures: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    for number in range(ROUNDS + 3):  # the first three warm up
        random.shuffle(order)
        for name in order:
            call, flush = variants[name]
            started = time.thread_time_ns()
            for _ in range(CHUNK):
                call()
            spent = (time.thread_time_ns() - started) / 1000 / CHUNK
            flush()
            if number >= 3:
                figures[name].append(spent)
    return figures


def raw(processor: SpanProcessor | None = None) -> dict[str, Variant]:
    """OpenTelemetry's SDK with the attributes that Whyspan records, encoded as JSON by the caller."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor or BatchSpanProcessor(Drop()))
    tracer = provider.get_tracer("bench")

    def tool() -> list[Any]:
        attributes = {
            "whyspan.kind": "tool",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "find_orders",
            "gen_ai.agent.name": "bench",
            "whyspan.tool.effect": "pure-read",
            "gen_ai.tool.call.arguments": json.dumps({"customer": CUSTOMER, "limit": 5}),
        }
        with tracer.start_as_current_span("execute_tool find_orders", attributes=attributes) as span:
            found = find_orders(CUSTOMER, 5)
            span.set_attribute("gen_ai.tool.call.result", json.dumps(found))
        return found

    def decision() -> None:
        attributes = {
            "whyspan.kind": "decision",
            "gen_ai.agent.name": "bench",
            "whyspan.decision.question": QUESTION,
        }
        with tracer.start_as_current_span("decision", attributes=attributes) as span:
            options = [{"label": "refund"}, {"label": "replace", "why_not": REJECTED}, {"label": "escalate"}]
            span.set_attributes(
                {
                    "whyspan.decision.options": json.dumps(options),
                    "whyspan.decision.choice": "refund",
                    "whyspan.decision.rationale": BECAUSE,
                    "whyspan.decision.confidence": 0.8,
                    "whyspan.decision.evidence": json.dumps([{"kind": "value", "quote": EVIDENCE}]),
                }
            )

    return {
        "raw tool": (tool, provider.force_flush),
        "raw decision": (decision, provider.force_flush),
    }


QUESTION = "How do we make this right?"
REJECTED = "out of stock until the end of the month"
BECAUSE = "the order is 9 days old and the policy allows 30"
EVIDENCE = "refunds within 30 days, for any reason"


def find_orders(customer: str, limit: int = 5) -> list[Any]:
    """A tool that takes no time."""
    return ORDERS


def whyspan(sink: str) -> dict[str, list[float]]:
    """Ours, as it is used: to a collector over HTTP, with the spool."""
    import whyspan as ours
    from whyspan.testing import capture

    tool = ours.tool("find_orders", effect="pure-read")(find_orders)

    def decision() -> None:
        with ours.decision(QUESTION, options=["refund", "replace", "escalate"]) as d:
            d.reject("replace", why=REJECTED)
            d.choose("refund", because=BECAUSE, confidence=0.8, evidence=[EVIDENCE])

    theirs = InMemorySpanExporter()
    baseline = raw(SimpleSpanProcessor(theirs))
    with capture() as captured, ours.agent("bench"):
        for call in (lambda: tool(CUSTOMER, 5), decision, baseline["raw tool"][0], baseline["raw decision"][0]):
            call()
    for mine, same in zip(captured.spans[1:], theirs.get_finished_spans(), strict=True):
        if different := set(_read(mine).items()) ^ set(_read(same).items()):
            raise SystemExit(
                f"the baseline does not carry what {mine.name} carries, so nothing can be compared: {different}"
            )

    ours.configure(service="bench", endpoint=sink)
    with ours.agent("bench"):
        variants = {"tool": (lambda: tool(CUSTOMER, 5), ours.flush), "decision": (decision, ours.flush)}
        return measure(raw() | variants)


def _read(span: ReadableSpan) -> dict[str, str]:
    """The attributes as values, however their JSON is spaced."""
    attributes = (span.attributes or {}).items()
    return {key: repr(json.loads(str(value)) if str(value)[:1] in "[{" else value) for key, value in attributes}


def openinference(_sink: str) -> dict[str, list[float]]:
    """OpenInference's decorators on its own provider."""
    from openinference.instrumentation import TracerProvider as TheirProvider

    drop = Drop()
    provider = TheirProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(drop))
    tracer = provider.get_tracer("bench")
    tool = tracer.tool(name="find_orders")(find_orders)
    variants = raw() | {"tool": (lambda: tool(CUSTOMER, 5), provider.force_flush)}
    return _arrived(tracer.agent(name="bench")(measure)(variants), drop)


def langfuse(sink: str) -> dict[str, list[float]]:
    """Langfuse's `@observe`."""
    from langfuse import Langfuse, observe

    drop = Drop()
    client = Langfuse(public_key="pk-bench", secret_key="sk-bench", host=sink, span_exporter=drop)
    tool = observe(name="find_orders", as_type="tool")(find_orders)
    variants = raw() | {"tool": (lambda: tool(CUSTOMER, 5), client.flush)}
    return _arrived(observe(name="bench", as_type="agent", capture_input=False)(measure)(variants), drop)


def logfire(_sink: str) -> dict[str, list[float]]:
    """Logfire's `@instrument`, with the return value recorded."""
    import logfire as theirs

    drop = Drop()
    processor = BatchSpanProcessor(drop)
    theirs.configure(send_to_logfire=False, console=False, metrics=False, additional_span_processors=[processor])
    tool = theirs.instrument("find_orders", record_return=True)(find_orders)
    with theirs.span("bench"):
        return _arrived(measure(raw() | {"tool": (lambda: tool(CUSTOMER, 5), processor.force_flush)}), drop)


def mlflow(sink: str) -> dict[str, list[float]]:
    """MLflow's `@trace`, exporting over OTLP."""
    os.environ["MLFLOW_TRACKING_URI"] = sink
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{sink}/v1/traces"
    os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"
    import mlflow as theirs

    tool = theirs.trace(name="find_orders", span_type="TOOL")(find_orders)
    variants = raw() | {"tool": (lambda: tool(CUSTOMER, 5), theirs.flush_trace_async_logging)}
    with theirs.start_span("bench") as root:
        if "NoOp" in type(root).__name__:
            raise SystemExit("it records nothing here")
        return measure(variants)


def traceloop(_sink: str) -> dict[str, list[float]]:
    """OpenLLMetry's `@tool`."""
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import agent
    from traceloop.sdk.decorators import tool as traced

    drop = Drop()
    processor = BatchSpanProcessor(drop)
    Traceloop.init("bench", processor=processor, telemetry_enabled=False, instruments=set())
    tool = traced(name="find_orders")(find_orders)
    variants = raw() | {"tool": (lambda: tool(CUSTOMER, 5), processor.force_flush)}
    return _arrived(agent(name="bench")(lambda: measure(variants))(), drop)


def _arrived(figures: dict[str, list[float]], drop: Drop) -> dict[str, list[float]]:
    """The figures, if what was timed were spans."""
    if drop.taken < CHUNK * ROUNDS:
        raise SystemExit(f"it recorded {drop.taken} spans of {CHUNK * ROUNDS}")
    return figures


SDKS = {each.__name__: each for each in (whyspan, openinference, langfuse, logfire, mlflow, traceloop)}


if __name__ == "__main__":
    print(json.dumps(SDKS[sys.argv[1]](sys.argv[2])), flush=True)
    os._exit(0)  # a peer that retries its export would keep us waiting
