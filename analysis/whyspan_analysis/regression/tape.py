"""From a failed run to its tape: the calls up to the one that broke the rule, without what no replay can come to, masked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from whyspan.rules.evaluation import Evaluation, Violation
from whyspan.rules.events import Event, On
from whyspan.rules.rule import record_of
from whyspan.testing.player import shown
from whyspan.testing.tape import canonical, count_masked, masked
from whyspan_analysis.regression.answers import answers_of
from whyspan_analysis.regression.calls import calls_of
from whyspan_analysis.regression.document import CalledDocument, DecisiveDocument, TapeDocument
from whyspan_analysis.regression.recording import NotExportable, Recording, given_to, is_ours, root_of
from whyspan_analysis.rules.document import RuleDocument
from whyspan_analysis.rules.history import stops

_COUNTED: Final = frozenset({On.MODEL, On.CALL, On.HANDOFF, On.ANSWER})


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
    if not recording.case.calls and not is_ours(recording.case):
        raise NotExportable(
            "no model call was recorded, and nothing of Whyspan's SDK: there is nothing to answer the agent with"
        )
    calls = dict(calls_of(recording, position, steps))
    root = root_of(recording.case)
    tape = TapeDocument(
        schema="whyspan.tape/1",
        run_id=recording.diagnosis.run_id,
        diagnosis=masked(recording.diagnosis.verdict or recording.diagnosis.outcome.check),
        agent=event.agent or (root.agent if root is not None else None) or "agent",
        ours=is_ours(recording.case),
        given=masked(given_to(recording.case)),
        rule=RuleDocument.model_validate(record),
        decisive=DecisiveDocument(step=steps[position], kind=event.kind, name=event.name, says=shown(event)),  # type: ignore[arg-type]
        calls=list(calls.values()),
        answers=list(answers_of(recording, position, steps)),
    )
    _check_whole(tape)
    return Taped(tape, calls)


def _violation(recording: Recording) -> Violation:
    """The first time the run breaks the rule; it must be an event that a test can catch in time."""
    evaluation = Evaluation([recording.rule])
    rule = recording.rule.rule.id
    for event in recording.stream:
        if found := evaluation.observe(event):
            if event.kind == On.RESULT:
                raise NotExportable(
                    f"the rule {rule} is broken by what a tool gave back ({shown(event)}), which in a replay the recording gives, whatever the agent does"
                )
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


def _check_whole(tape: TapeDocument) -> None:
    """A result that was cut, or had no form in JSON, cannot be given again. Raises NotExportable."""
    for called in tape.calls:
        text = canonical([called.arguments, called.result]).replace("[whyspan: masked", "")
        if called.returned and "[whyspan: " in text:
            raise NotExportable(
                f"the call of {called.name} in step {called.step} was not recorded whole, so it cannot be given again"
            )
