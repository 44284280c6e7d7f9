"""The answers of models on a tape."""

from collections.abc import Iterator, Sequence
from typing import Any

from whyspan.rules.events import On
from whyspan.testing import conversation
from whyspan.testing.tape import masked
from whyspan_analysis.regression.document import AnsweredDocument, ToolCallDocument
from whyspan_analysis.regression.recording import OURS, NotExportable, Recording
from whyspan_analysis.steps import Call
from whyspan_collector.records import Part


def answers_of(recording: Recording, decisive: int, steps: Sequence[int]) -> Iterator[AnsweredDocument]:
    """What models answered before the decisive event; a request that failed has no answer."""
    before = {
        event.span_id: steps[position]
        for position, event in enumerate(recording.stream[: decisive + 1])
        if event.kind == On.MODEL
    }
    for call in recording.case.calls:
        if call.span.span_id in before and call.error is None and call.content.output_messages:
            yield _answered(call, before[call.span.span_id])


def _answered(call: Call, step: int) -> AnsweredDocument:
    heard = [
        {"role": message.role, "parts": [_part(part) for part in message.parts]}
        for message in call.content.input_messages
    ]
    if not heard:
        raise NotExportable(
            f"what the model was asked in step {step} was not recorded, so a replay could not tell when to answer"
        )
    said = [part for message in call.content.output_messages for part in message.parts]
    asked = [part for part in said if part.type == "tool_call"]
    return AnsweredDocument(
        step=step,
        conversation=conversation.digest(heard),
        last=masked(conversation.last_of(heard)),
        reasoning=masked("".join(part.content for part in said if part.type == "reasoning")),
        text=masked("".join(part.content for part in said if part.type == "text")),
        calls=[
            ToolCallDocument(
                id=part.id or f"call_{step}_{number}", name=masked(part.name or ""), arguments=masked(part.value)
            )
            for number, part in enumerate(asked, start=1)
        ],
        finish=call.span.finish_reason or "stop",
        model=call.span.response_model or call.span.request_model or "recorded",
        ours=call.span.vocabulary == OURS,
    )


def _part(part: Part) -> dict[str, Any]:
    """A part of a message in OpenTelemetry's form."""
    if part.type == "tool_call":
        return {"type": part.type, "id": part.id, "name": part.name, "arguments": part.value}
    if part.type == "tool_call_response":
        return {"type": part.type, "id": part.id, "response": part.value if part.value is not None else part.content}
    return {"type": part.type, "content": part.content}
