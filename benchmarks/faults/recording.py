"""What a run leaves behind: the spans of the SDK, or what an OpenTelemetry instrumentation without it would have sent.

Both go through OTLP and the collector's decoder. The clock is simulated: it knows kinds of spans, not faults.
"""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Literal, TypeAlias

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import ReadableSpan

from whyspan import semconv
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Run
from whyspan_collector import otlp

Style: TypeAlias = Literal["sdk", "plain"]
START_NS = 1_790_000_000_000_000_000
_SECONDS = {"model_call": (0.6, 4.0), "tool": (0.05, 1.6)}
_OURS = ("decision", "handoff")
"""Kinds of spans that only our SDK writes."""


def record(spans: Sequence[ReadableSpan], number: int, style: Style, *, outcome: bool) -> Run:
    """The run as the collector would hand it to the analysis; with `outcome`, what its success check said is in it."""
    request = as_sent(spans, number, style, outcome=outcome)
    batch = otlp.decode("traces", request.SerializeToString(), "protobuf")
    return assemble(f"{number:032x}", batch.spans, batch.logs)


def as_sent(spans: Sequence[ReadableSpan], number: int, style: Style, *, outcome: bool) -> ExportTraceServiceRequest:
    """The run as its instrumentation would send it."""
    request = encode_spans(spans)
    [scoped] = [scoped for resource in request.resource_spans for scoped in resource.scope_spans]
    _set_clock(scoped.spans, Random(f"{number}/clock"))
    for span in scoped.spans:
        _keep(span.events, [event for event in span.events if outcome or event.name != semconv.OUTCOME_EVENT])
        for event in span.events:  # a stack trace would name the very function that injected the fault
            _keep(event.attributes, [each for each in event.attributes if each.key != semconv.EXCEPTION_STACKTRACE])
    if style == "plain":
        scoped.scope.name = "opentelemetry.instrumentation.agent"
        _keep(scoped.spans, _without_ours(scoped.spans))
        for span in scoped.spans:
            _use_common_words(span)
    return request


def _set_clock(spans: Sequence[Span], rng: Random) -> None:
    """Starts and ends stay in their order; how long things take is drawn by kind of span."""
    moments = [(span.start_time_unix_nano, 0, span) for span in spans]
    moments += [(span.end_time_unix_nano, 1, span) for span in spans]
    now = START_NS
    for _, end, span in sorted(moments, key=lambda moment: moment[:2]):
        shortest, longest = _SECONDS.get(_text(span, semconv.KIND), (0.0005, 0.003)) if end else (0.0002, 0.002)
        now += int(rng.uniform(shortest, longest) * 1e9)
        if end:
            span.end_time_unix_nano = now
            for event in span.events:
                event.time_unix_nano = now
        else:
            span.start_time_unix_nano = now


def _without_ours(spans: Sequence[Span]) -> list[Span]:
    """The spans others record too; those inside a decision or hand-off move up to what encloses it."""
    parents = {span.span_id: span.parent_span_id for span in spans if _text(span, semconv.KIND) in _OURS}
    kept = [span for span in spans if span.span_id not in parents]
    for span in kept:
        while span.parent_span_id in parents:
            span.parent_span_id = parents[span.parent_span_id]
    return kept


def _use_common_words(span: Span) -> None:
    """Only what OpenTelemetry's GenAI conventions have words for, and no reasoning: few providers give it away."""
    _keep(span.attributes, [each for each in span.attributes if not each.key.startswith("whyspan.")])
    for each in span.attributes:
        if each.key in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES):
            each.value.string_value = _without_reasoning(each.value.string_value)
    for event in span.events:
        if event.name == semconv.OUTCOME_EVENT:
            said = {each.key: each.value for each in event.attributes}
            event.name = "gen_ai.evaluation.result"
            passed = "pass" if said[semconv.OUTCOME_OK].bool_value else "fail"
            words = [
                ("gen_ai.evaluation.score.label", passed),
                ("gen_ai.evaluation.name", said[semconv.OUTCOME_CHECK].string_value),
            ]
            if semconv.OUTCOME_DETAIL in said:
                words.append(("gen_ai.evaluation.explanation", said[semconv.OUTCOME_DETAIL].string_value))
            _keep(event.attributes, [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in words])


def _without_reasoning(messages: str) -> str:
    kept = json.loads(messages)
    for message in kept:
        message["parts"] = [part for part in message["parts"] if part["type"] != "reasoning"]
    return json.dumps(kept, ensure_ascii=False)


def _text(span: Span, key: str) -> str:
    return next((each.value.string_value for each in span.attributes if each.key == key), "")


def _keep(repeated: Any, kept: list[Any]) -> None:
    """Makes a repeated field hold these elements."""
    copies = [type(each).FromString(each.SerializeToString()) for each in kept]
    del repeated[:]
    repeated.extend(copies)
