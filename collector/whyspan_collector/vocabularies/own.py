"""Whyspan's own attributes, as the SDK writes them. What the agent says about itself wins over every other name."""

from collections.abc import Mapping, Sequence
from typing import Final

from whyspan import codec, semconv
from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.lenient import parse
from whyspan_collector.vocabularies.vocabulary import Vocabulary


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The recorded decision, the outcomes, the task, and what was handed over to whom.

    Messages and tools are under OpenTelemetry's names.
    """
    attributes = span.attributes
    events = (event.get("attributes") for event in span.events if event.get("name") == semconv.OUTCOME_EVENT)
    outcomes = (codec.decode_outcome(each) for each in events if isinstance(each, Mapping))
    return Content(
        input=attributes.get(semconv.RUN_TASK) or parse(attributes.get(semconv.HANDOFF_PAYLOAD)),
        output=attributes.get(semconv.HANDOFF_TARGET),
        decision=codec.decode_decision(attributes),
        outcomes=[outcome for outcome in outcomes if outcome is not None],
    )


VOCABULARY: Final = Vocabulary(
    name="whyspan",
    kinds={semconv.KIND: {kind.value: kind for kind in Kind}},
    columns={"effect": (semconv.TOOL_EFFECT,), "run_key": (semconv.RUN_ID,)},
    content_keys=(
        semconv.RUN_TASK,
        semconv.RUN_CONSTRAINTS,
        semconv.HANDOFF_PAYLOAD,
        semconv.HANDOFF_TARGET,
        "whyspan.decision.",
    ),
    known=(semconv.REQUEST_PARAMETERS,),
    read=read,
)
