"""Whyspan's own attributes, as the SDK writes them. What the agent says about itself wins over every other name."""

from collections.abc import Sequence
from typing import Final

from whyspan import codec, semconv
from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.vocabulary import Vocabulary


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The recorded decision, the outcomes, and the task as the input. Messages and tools are under OpenTelemetry's names."""
    events = (event.get("attributes") or {} for event in span.events if event.get("name") == semconv.OUTCOME_EVENT)
    outcomes = [outcome for attributes in events if (outcome := codec.decode_outcome(attributes)) is not None]
    return Content(
        input=span.attributes.get(semconv.RUN_TASK),
        decision=codec.decode_decision(span.attributes),
        outcomes=outcomes,
    )


VOCABULARY: Final = Vocabulary(
    name="whyspan",
    kinds={semconv.KIND: {kind.value: kind for kind in Kind}},
    columns={"effect": (semconv.TOOL_EFFECT,), "run_key": (semconv.RUN_ID,)},
    content_keys=(semconv.RUN_TASK, semconv.RUN_CONSTRAINTS, "whyspan.decision."),
    read=read,
)
