"""Whyspan's own attributes, as the SDK writes them. What the agent says about itself wins over every other name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan import codec, semconv
from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.vocabularies.lenient import parse
from whyspan_collector.vocabularies.vocabulary import Vocabulary

_TEXT_INPUTS: Final = (semconv.RUN_TASK, semconv.RETRIEVAL_QUERY)
_JSON_INPUTS: Final = (semconv.HANDOFF_PAYLOAD, semconv.GUARD_CHECKED)
_TEXT_OUTPUTS: Final = (semconv.HANDOFF_TARGET, semconv.GUARD_VERDICT, semconv.FEEDBACK_COMMENT)


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The recorded decision, the outcomes, the task, what was handed over to whom, looked up, or checked by a guard.

    Messages and tools are under OpenTelemetry's names.
    """
    attributes = span.attributes
    events = (event.get("attributes") for event in span.events if event.get("name") == semconv.OUTCOME_EVENT)
    outcomes = (codec.decode_outcome(each) for each in events if isinstance(each, Mapping))
    return Content(
        input=_first(attributes, _TEXT_INPUTS) or parse(_first(attributes, _JSON_INPUTS)),
        output=_first(attributes, _TEXT_OUTPUTS) or parse(attributes.get(semconv.RETRIEVAL_DOCUMENTS)),
        decision=codec.decode_decision(attributes),
        outcomes=[outcome for outcome in outcomes if outcome is not None],
    )


def _first(attributes: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((attributes[name] for name in names if attributes.get(name)), None)


VOCABULARY: Final = Vocabulary(
    name="whyspan",
    kinds={semconv.KIND: {kind.value: kind for kind in Kind}},
    columns={"effect": (semconv.TOOL_EFFECT,), "run_key": (semconv.RUN_ID,), "tags": (semconv.RUN_TAGS,)},
    content_keys=(
        semconv.RUN_TASK,
        semconv.RUN_CONSTRAINTS,
        semconv.HANDOFF_PAYLOAD,
        semconv.HANDOFF_TARGET,
        semconv.RETRIEVAL_QUERY,
        semconv.RETRIEVAL_DOCUMENTS,
        semconv.GUARD_CHECKED,
        semconv.GUARD_VERDICT,
        semconv.FEEDBACK_COMMENT,
        "whyspan.decision.",
    ),
    known=("whyspan.", semconv.PROMPT_NAME),
    read=read,
)
