"""From a failed run to its tape: the calls up to the one that broke the rule, without what no replay can come to, masked."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from whyspan import semconv
from whyspan.rules.evaluation import Evaluation, Violation
from whyspan.rules.events import Event, On
from whyspan.rules.rule import CompiledRule, record_of
from whyspan.semconv import Kind
from whyspan.testing import conversation
from whyspan.testing.player import shown
from whyspan.testing.tape import canonical, count_masked, masked
from whyspan_analysis.case import Case
from whyspan_analysis.model import Diagnosis
from whyspan_analysis.regression.document import (
    AnsweredDocument,
    CalledDocument,
    DecisiveDocument,
    RaisedDocument,
    TapeDocument,
    ToolCallDocument,
)
from whyspan_analysis.rules.document import RuleDocument
from whyspan_analysis.rules.history import PastRun, stops
from whyspan_analysis.steps import Action, Call
from whyspan_collector.records import Content, Message, Part, Span

_OURS: Final = "whyspan"
"""The vocabulary of spans that our SDK recorded."""
_COUNTED: Final = frozenset({On.MODEL, On.CALL, On.HANDOFF, On.ANSWER})


class NotExportable(Exception):
    """No test can be made of the run; the message says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A failed run, ready to be taken on tape."""

    case: Case
    past: PastRun
    diagnosis: Diagnosis
    rule: CompiledRule

    @property
    def stream(self) -> tuple[Event, ...]:
        """The run's events."""
        return self.past.stream


@dataclass(frozen=True, slots=True)
class Taped:
    """A tape, and where its calls stand in the run."""

    document: TapeDocument
    calls: dict[int, CalledDocument]
    """Position in the stream -> the call as it is on the tape."""


def make_tape(recording: Recording) -> Taped:
    """The tape of a run for a rule. Raises NotExportable."""
    violation = _violation(recording)
    event, position = violation.event, violation.position
    if event is None or position is None:  # `stops` has seen to that
        raise NotExportable("the rule is not broken by an event")
    steps = _numbered(recording.stream)
    event = replace(event, name=masked(event.name), args=masked(event.args), text=masked(event.text))
    record = record_of(replace(recording.rule.rule, evidence=None))
    if count_masked(record):
        raise NotExportable(
            f"the rule {recording.rule.rule.id} names a secret or an e-mail address, which would stand in the fixture"
        )
    if not recording.case.calls and not _is_ours(recording.case):
        raise NotExportable(
            "no model call was recorded, and nothing of Whyspan's SDK: there is nothing to answer the agent with"
        )
    calls = dict(_calls(recording, position, steps))
    root = _root(recording.case)
    tape = TapeDocument(
        schema="whyspan.tape/1",
        run_id=recording.diagnosis.run_id,
        diagnosis=masked(recording.diagnosis.verdict or recording.diagnosis.outcome.check),
        agent=event.agent or (root.agent if root is not None else None) or "agent",
        ours=_is_ours(recording.case),
        given=masked(_given(recording.case, root)),
        rule=RuleDocument.model_validate(record),
        decisive=DecisiveDocument(step=steps[position], kind=event.kind, name=event.name, says=shown(event)),  # type: ignore[arg-type]
        calls=list(calls.values()),
        answers=list(_answers(recording, position, steps)),
    )
    _check_whole(tape)
    return Taped(tape, calls)


def _violation(recording: Recording) -> Violation:
    """The first time the run breaks the rule; it must be an event that a test can catch in time."""
    evaluation = Evaluation([recording.rule])
    rule = recording.rule.rule.id
    for event in recording.stream:
        if found := evaluation.observe(event):
            if stops(found[0], recording.past):
                return found[0]
            raise NotExportable(
                f"the rule {rule} notices the failure only when it is too late to stop it ({shown(event)})"
            )
    if evaluation.finish():
        raise NotExportable(
            f"the rule {rule} is broken by the end of the run only, and not by a step that a test could look at"
        )
    raise NotExportable(f"run {recording.diagnosis.run_id} does not break the rule {rule}")


def _numbered(stream: Sequence[Event]) -> list[int]:
    """The number of each event among those that count as steps."""
    numbers, number = [], 0
    for event in stream:
        number += event.kind in _COUNTED
        numbers.append(max(number, 1))
    return numbers


# --- calls of tools -------------------------------------------------------------------------------------------


def _calls(recording: Recording, decisive: int, steps: Sequence[int]) -> Iterator[tuple[int, CalledDocument]]:
    """The calls up to the decisive one, which comes without its result, and of the later ones those that only read.

    What a replaced tool did within itself is left out; a tool that the decisive step is inside of really runs.
    """
    case, stream = recording.case, recording.stream
    waiting: dict[tuple[str, str], deque[Action]] = defaultdict(deque)
    for action in case.actions:
        waiting[action.span_id, action.name].append(action)
    replaced: list[Span] = []
    for position, event in enumerate(stream):
        if event.kind != On.CALL or not waiting[event.span_id, event.name]:
            continue
        action = waiting[event.span_id, event.name].popleft()
        if action.span is not None and any(case.within(action.span, outer) for outer in replaced):
            continue
        through = _is_around(case, action, stream[decisive]) and position < decisive
        if through and action.changes and action.span is not None and action.span.effect:
            raise NotExportable(
                f"what went wrong happened inside of {action.name}, which is declared {action.span.effect}: a replay cannot run it"
            )
        if position > decisive and (event.changes or not action.ok):
            continue
        if not through and not action.done:
            continue  # it never came back, or there is no such tool
        if action.span is not None and not through and position != decisive:
            replaced.append(action.span)
        returned = not through and position != decisive
        yield position, _called(case, action, event, steps[position], returned=returned, through=through)


def _is_around(case: Case, action: Action, decisive: Event) -> bool:
    return action.span is not None and case.within(case.run.span(decisive.span_id), action.span)


def _called(  # noqa: PLR0913 - what is known of a call
    case: Case, action: Action, event: Event, step: int, *, returned: bool, through: bool
) -> CalledDocument:
    """A call; as the tool's own span has it where that is ours, because it knows the defaults of arguments the model left out."""
    span = action.span
    ours = span is not None and span.vocabulary == _OURS
    seen = case.run.contents[span.span_id] if span is not None and ours else Content()
    called = CalledDocument(
        step=step,
        name=masked(event.name),
        arguments=masked(action.arguments if seen.arguments is None else seen.arguments),
        effect=event.effect,
        ours=ours,
        returned=returned,
        through=through,
    )
    if returned and action.error is not None:
        kind = span.error_type if span is not None and span.error_type else "Exception"
        called.error = RaisedDocument(type=kind, message=masked(action.error))
    elif returned and not _has_result(action):
        raise NotExportable(f"what {event.name} returned in step {step} was not recorded, so it cannot be given again")
    elif returned:
        called.result = masked(seen.result if called.ours else action.result)  # a text "42" stays a text
    return called


def _has_result(action: Action) -> bool:
    """False where content was left out, or sent as hashes only. A recorded `None` is a result."""
    if action.span is None or action.span.vocabulary != _OURS:
        return action.result_at is not None
    sent = [action.span.attributes.get(key) for key in (semconv.TOOL_RESULT, semconv.RETRIEVAL_DOCUMENTS)]
    return any(isinstance(each, str) and not each.startswith("sha256:") for each in sent)


# --- answers of models ----------------------------------------------------------------------------------------


def _answers(recording: Recording, decisive: int, steps: Sequence[int]) -> Iterator[AnsweredDocument]:
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
        ours=call.span.vocabulary == _OURS,
    )


def _part(part: Part) -> dict[str, Any]:
    """A part of a message in OpenTelemetry's form."""
    if part.type == "tool_call":
        return {"type": part.type, "id": part.id, "name": part.name, "arguments": part.value}
    if part.type == "tool_call_response":
        return {"type": part.type, "id": part.id, "response": part.value if part.value is not None else part.content}
    return {"type": part.type, "content": part.content}


# --- what the agent was given, and what must not be on a tape ---------------------------------------------------


def _root(case: Case) -> Span | None:
    return next((span for span in case.run.spans if span.kind is Kind.AGENT), None)


def _is_ours(case: Case) -> bool:
    root = _root(case)
    return root is not None and root.vocabulary == _OURS


def _given(case: Case, root: Span | None) -> Any:
    """The root's input where our SDK recorded it, by name where it had several arguments; else the first words of a user."""
    ours = root is not None and root.vocabulary == _OURS
    messages: list[Message] = []
    if root is not None and ours:
        messages = case.run.contents[root.span_id].input_messages
    elif case.calls:
        messages = case.calls[0].content.input_messages
    texts = (part.content for each in messages if each.role == "user" for part in each.parts if part.type == "text")
    said = next(texts, "")
    try:
        read = json.loads(said) if ours else said
    except (ValueError, RecursionError):
        return said
    return read if isinstance(read, dict) else said


def _check_whole(tape: TapeDocument) -> None:
    """A result that was cut, or had no form in JSON, cannot be given again. Raises NotExportable."""
    for called in tape.calls:
        text = canonical([called.arguments, called.result]).replace("[whyspan: masked", "")
        if called.returned and "[whyspan: " in text:
            raise NotExportable(
                f"the call of {called.name} in step {called.step} was not recorded whole, so it cannot be given again"
            )
