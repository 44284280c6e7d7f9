"""How a run ended, and which check or sign says so.

A recorded check decides. Without one, only what everybody can see in the trace does: the run raised, was cut off,
answered nothing, or answered against its own observations. Error status alone decides nothing: agents handle errors.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whyspan.rules.results import is_empty
from whyspan_analysis.fields import first_line, refer
from whyspan_analysis.lineage import END, Lineage, Source
from whyspan_analysis.model import Outcome, Ref, Run, Status
from whyspan_analysis.steps import Steps
from whyspan_analysis.values import leaves, of_scalar
from whyspan_collector.records import Span

LIMIT = re.compile(
    r"(?:recursion|iteration|turn|step|retry|tool.call|token|time|budget|request|usage)s?[ _]?limit"
    r"|max(?:imum)?[ _]?(?:number of )?(?:\w+[ _])?(?:turns|steps|iterations|retries|attempts|rounds|tokens|calls)"
    r"|MaxTurns|GraphRecursion|UsageLimitExceeded|context.length|budget (?:exceeded|exhausted)",
    re.IGNORECASE,
)
"""How frameworks say that a bound was reached."""

REFUSAL = re.compile(
    r"not (?:found|allowed|available|enough|permitted|supported|valid|exist)|cannot|can't|must|should|invalid|no such|does ?n[o']t"
    r"|unknown|missing|unexpected|required|denied|forbidden|there is no|\bno \w+ ['\"`]|exceed",
    re.IGNORECASE,
)
"""How tools say that the call was at fault, not they: then whoever made it is to blame."""
_ADMITS = re.compile(
    r"\b(?:could ?n[o']t|can ?not|can't|unable to|failed|was ?n[o']t able|were ?n[o']t able|not possible)\b",
    re.IGNORECASE,
)


def judge(run: Run, steps: Steps, lineage: Lineage) -> Outcome:
    """How the run ended, by the first sign that speaks; `unknown` when none does."""
    for sign in _SIGNS:
        if (outcome := sign(run, steps, lineage)) is not None:
            return replace(outcome, sign=sign.__name__.removeprefix("_"))
    return Outcome(Status.UNKNOWN, "No final answer and no check was captured, so how the run ended cannot be told.")


def _recorded(run: Run, _steps: Steps, _lineage: Lineage) -> Outcome | None:
    """The agent's own checks and evaluations; of one check the last result counts, and one failed check is enough."""
    latest: dict[str, tuple[bool, str, Ref]] = {}
    for span in run.spans:
        for index, recorded in enumerate(run.contents[span.span_id].outcomes):
            check = recorded.check or "the run's own check"
            detail = f": {recorded.detail}" if recorded.detail else ""
            field = "detail" if recorded.detail else "check" if recorded.check else "ok"
            latest[check] = (recorded.ok, f"{check}{detail}", refer(run, span.span_id, f"outcomes[{index}].{field}"))
    if not latest:
        return None
    failed = [(text, ref) for ok, text, ref in latest.values() if not ok]
    if failed:
        checks = "; ".join(text for text, _ in failed)
        return Outcome(
            Status.FAILED, f"Failed check: {checks}", tuple(ref for _, ref in failed), "recorded", explicit=True
        )
    passed = "; ".join(text for _, text, _ in latest.values())
    return Outcome(
        Status.OK, f"Passed: {passed}", tuple(ref for _, _, ref in latest.values()), "recorded", explicit=True
    )


def _raised(run: Run, steps: Steps, _lineage: Lineage) -> Outcome | None:
    """An exception left the run: on its root, or on an inner span after which nothing more happened."""
    for root in run.children[None]:
        if root.parent_span_id is None and root.status == "error" and (raised(root) or steps.answer is None):
            check = f"The run raised: {first_line(error_text(root))}"
            return Outcome(Status.FAILED, check, (error_ref(run, root),), explicit=True)
    answers_captured = any(call.content.output_messages for call in steps.calls)
    if steps.answer is None and answers_captured and (last := last_failure(run, steps)) is not None:
        check = f"The run ended on an error and gave no answer: {first_line(error_text(last))}"
        return Outcome(Status.FAILED, check, (error_ref(run, last),), explicit=True)
    return None


def raised(span: Span) -> bool:
    """True when an exception was recorded on the span."""
    return span.error_type is not None or any(event.get("name") == "exception" for event in span.events)


def last_failure(run: Run, steps: Steps) -> Span | None:
    """The error after which the run did nothing more: no step started later and succeeded. None when there is none."""
    failed = [span for span in run.spans if span.status == "error"]
    if not failed:
        return None
    last = max(failed, key=lambda span: run.order[span.span_id])
    position = run.order[last.span_id]
    below = {last.span_id}
    for span in run.spans[position:]:
        if span.parent_span_id in below:
            below.add(span.span_id)
    later = [call.order for call in steps.calls if call.span.span_id not in below and call.error is None]
    later += [action.order for action in steps.actions if action.span_id not in below and action.ok]
    return None if any(order > position for order in later) else last


def error_text(span: Span) -> str:
    """What a failed span says about its error."""
    return span.error_message or span.status_message or span.error_type or "no message"


def error_ref(run: Run, span: Span) -> Ref:
    """Evidence for a failed span: its message, else its type, else its status."""
    for field in ("error_message", "status_message", "error_type"):
        if getattr(span, field) is not None:
            return refer(run, span.span_id, field)
    return refer(run, span.span_id, "status")


def _cut_off(run: Run, steps: Steps, _lineage: Lineage) -> Outcome | None:
    """The run's root never ended or never arrived, and what was last begun or asked for never came back."""
    if run.complete or steps.answer is not None or (cut := interrupted(steps)) is None:
        return None
    span_id, path, what = cut
    return Outcome(Status.FAILED, f"The run was cut off while {what} was under way.", (refer(run, span_id, path),))


def interrupted(steps: Steps) -> tuple[str, str, str] | None:
    """(span id, path, what in words) of the last thing that was begun and never came back. None when all did."""
    last_call = steps.calls[-1] if steps.calls else None
    if last_call is not None and last_call.span.end_ns == 0:
        return last_call.span.span_id, "name", "a model call"
    waiting = [action for action in steps.actions if not action.done]
    if waiting:
        last = waiting[-1]
        if last_call is not None and last_call.order > max(last.asked_order, last.order):
            return None
        return *(last.arguments_at or (last.span_id, "name")), f"`{last.name}`" if last.name else "a tool"
    if last_call is None or last_call.actions or last_call.span.finish_reason != "tool_call":
        return None
    if any(action.order > last_call.order for action in steps.actions):
        return None
    return last_call.span.span_id, "finish_reason", "the tool its last model call asked for"


def _answered_nothing(run: Run, steps: Steps, _lineage: Lineage) -> Outcome | None:
    """The last model call came back with neither words nor a tool call."""
    if steps.answer is not None or not steps.calls:
        return None
    last = steps.calls[-1]
    said_something = any(message.parts for message in last.content.output_messages) or not last.content.output_messages
    if said_something or any(action.order > last.order for action in steps.actions):
        return None
    return Outcome(
        Status.FAILED, "The last model call gave an empty answer.", (refer(run, last.span.span_id, "output_messages"),)
    )


def _contradicted(run: Run, steps: Steps, lineage: Lineage) -> Outcome | None:
    """A number of the answer is an observed one, miscopied."""
    if (answer := steps.answer) is None:
        return None
    for value in lineage.ungrounded(answer.text, END):
        if (seen := lineage.miscopied(value, END)) is not None:
            refs = (
                refer(run, answer.span_id, answer.path, value.raw),
                refer(run, seen.span_id, seen.path, seen.value.raw),
            )
            return Outcome(
                Status.FAILED, f"The answer says {value.raw}, but {seen.teller} had returned {seen.value.raw}.", refs
            )
    return None


def _cut_short(run: Run, steps: Steps, _lineage: Lineage) -> Outcome | None:
    """The answer itself ended at the model's output limit."""
    if (answer := steps.answer) is None or run.span(answer.span_id).finish_reason != "length":
        return None
    refs = (refer(run, answer.span_id, "finish_reason"), refer(run, answer.span_id, answer.path))
    return Outcome(Status.FAILED, "The answer ends in the middle: the model stopped at its output limit.", refs)


def _gave_up(run: Run, steps: Steps, lineage: Lineage) -> Outcome | None:
    """The last call failed, and the answer says that it could not be done.

    A tool that refuses what the user named word for word is no failure of the run: "there is no order 17" may be the right answer.
    """
    last = steps.actions[-1] if steps.actions else None
    if (answer := steps.answer) is None or last is None or last.error is None or _ADMITS.search(answer.text) is None:
        return None
    asked = [leaf.value for leaf in leaves(last.arguments, "")]
    if REFUSAL.search(last.error) and all(_given(lineage, each, last.order) for each in asked):
        return None
    refs = (refer(run, *(last.error_at or (last.span_id, "name"))), refer(run, answer.span_id, answer.path))
    return Outcome(Status.FAILED, f"`{last.name}` failed, and the run gave up: {first_line(answer.text)}", refs)


def _given(lineage: Lineage, value: Any, before: int) -> bool:
    """True when the run was told a value."""
    if isinstance(value, str) and lineage.told(value):
        return True
    seen = (lineage.sightings(each, before) for each in of_scalar(value))
    return any(sighting.source is Source.GIVEN for some in seen for sighting in some)


def _unsupported(run: Run, steps: Steps, lineage: Lineage) -> Outcome | None:
    """Everything that was looked up came back empty or failed, and the answer states particulars all the same."""
    if (answer := steps.answer) is None:
        return None
    came_back = [action for action in steps.actions if action.result_at is not None]
    empty = [action for action in came_back if is_empty(action.result)]
    if not empty or any(action.error is None and action not in empty for action in came_back):
        return None
    stated = lineage.invented(answer.text)
    if not stated:
        return None
    values = ", ".join(dict.fromkeys(value.raw for value in stated))
    check = f"Every look-up came back empty, yet the answer states particulars that appear nowhere: {values}."
    last = empty[-1].result_at
    refs = [refer(run, answer.span_id, answer.path, stated[0].raw)]
    return Outcome(Status.FAILED, check, (*refs, refer(run, *last)) if last is not None else tuple(refs))


def _answered(run: Run, steps: Steps, _lineage: Lineage) -> Outcome | None:
    if (answer := steps.answer) is None:
        return None
    check = "The run answered; no check was recorded, and nothing in the trace contradicts the answer."
    return Outcome(Status.OK, check, (refer(run, answer.span_id, answer.path),))


_SIGNS: tuple[Callable[[Run, Steps, Lineage], Outcome | None], ...] = (
    _recorded,
    _raised,
    _cut_off,
    _answered_nothing,
    _cut_short,
    _gave_up,
    _contradicted,
    _unsupported,
    _answered,
)
"""In order of what they weigh: the run's own word, how it stopped, what its answer looks like."""
