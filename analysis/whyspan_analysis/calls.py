"""The model calls of a run, each once, and what each of them saw and said for the first time."""

from collections import defaultdict
from typing import Any

from whyspan.rules.results import parsed
from whyspan.semconv import Kind
from whyspan_analysis.fields import text
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Call, parts
from whyspan_collector.records import Message, Span


def read_calls(run: Run, agents: dict[str, str | None], enclosing: dict[str, Span | None]) -> list[Call]:
    """The model calls in causal order; two instrumentations may record one request as a span inside a span."""
    spans = [span for span in run.spans if span.kind is Kind.MODEL_CALL]
    answering_inside: dict[str, int] = defaultdict(int)
    for span in spans:
        outer = enclosing[span.span_id]
        if outer is not None and run.contents[span.span_id].output_messages:
            answering_inside[outer.span_id] += 1
    calls: list[Call] = []
    kept: set[str] = set()
    for span in spans:
        outer = enclosing[span.span_id]
        inside = answering_inside[span.span_id]
        if outer is not None and outer.span_id in kept:
            continue
        if inside > 1 or (inside == 1 and not run.contents[span.span_id].output_messages):
            continue  # a loop recorded as a call: its calls are the ones inside
        kept.add(span.span_id)
        calls.append(_call(run, span, agents[span.span_id]))
    _mark_new(calls)
    return calls


def _call(run: Run, span: Span, agent: str | None) -> Call:
    content = run.contents[span.span_id]
    call = Call(span, content, run.order[span.span_id], agent)
    for path, part in parts(content.output_messages, "output_messages"):
        if part.type == "text" and part.content.strip():
            call.texts.append((f"{path}.content", part.content))
        elif part.type == "reasoning" and part.content.strip():
            call.reasoning.append((f"{path}.content", part.content))
        elif part.type == "tool_call":
            asked = Action(part.name or "", call.order, agent, part.id, asked_by=call)
            asked.arguments, asked.arguments_at = parsed(part.value), (span.span_id, f"{path}.value")
            call.actions.append(asked)
    return call


def _mark_new(calls: list[Call]) -> None:
    """Fill `Call.new`: each model call repeats the conversation, only the rest of it is news."""
    seen: dict[tuple[Any, ...], int] = defaultdict(int)
    for call in calls:
        times: dict[tuple[Any, ...], int] = defaultdict(int)
        for position, message in enumerate(call.content.input_messages):
            key = _key(message)
            times[key] += 1
            if times[key] > seen[key]:
                seen[key] = times[key]
                call.new.append(position)
        for message in call.content.output_messages:
            key = _key(message)
            times[key] += 1
            seen[key] = max(seen[key], times[key])


def _key(message: Message) -> tuple[Any, ...]:
    return (message.role, *((p.type, p.content or text(p.value), p.id, p.name) for p in message.parts))
