"""What sets a step apart from the others of its run, in a few numbers that need no detector.

They say what kind of step it is, where it stands among those that contributed something, and what came right after.
Words are English; a run in another language loses two traits and keeps the rest.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log

from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.model import DecisionNode
from whyspan_analysis.steps import Action, Call
from whyspan_collector.records import Span

TRAITS = {
    "contribution": "among the first to contribute code or statements",
    "writes": "changes something outside the run",
    "assumes": "says that it assumes or estimates",
    "declares_done": "only says, after all work, that the task is done",
    "ends_on_error": "the last step, and it speaks of an exception or a failed request",
}
"""Trait -> its words in an unfolded score."""

MAX_TEXT = 20_000
"""Characters read of one step's words: claims and errors stand within the first pages."""
CONTRIBUTORS = 3.0
"""exp(3) = 20: beyond the twentieth contribution the place no longer counts."""

_CODE = "```"
_CLAIM = re.compile(
    r"\b(?:i have|i've|we have|i found|found that|here (?:are|is)|the following (?:are|is)|according to|based on"
    r"|the (?:answer|result) is)\b",
    re.IGNORECASE,
)
_ASSUMES = re.compile(
    r"\b(?:assum\w{0,10}|suppos\w{0,6}|hypothetical\w{0,3}|mock|placeholder|example data|simulat\w{0,6}|approximat\w{0,6}"
    r"|likely|probably|estimat\w{0,6}|let's say)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:request|task|question|query)(?: (?:to|of|for) [^.\n]{0,200}?)? (?:is |was |has been |has now been )?(?:now |fully |successfully |already )*"
    r"(?:satisfied|fulfilled|completed?|answered|addressed|resolved)\b(?!\s*(?:yet|\":))",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"Traceback \(most recent call|\b[A-Z]\w{2,40}(?:Error|Exception)\b"
    r"|\b(?:40[0134]|429|50[0-4])\b.{0,20}(?i:error|forbidden|not found)|(?i:error)(?i: code)?:? ?\d{3}",
    re.DOTALL,
)


@dataclass(slots=True)
class _Step:
    """One step that may be blamed, with its words and its deeds."""

    span_id: str
    said: str = ""
    thought: str = ""
    actions: list[Action] = field(default_factory=list)
    user: bool = False

    @property
    def works(self) -> bool:
        """True when it said or did something itself: neither the user, nor a plan, a hand-off or a bare result."""
        if self.user or any(is_handoff(action.name) or _hands_over(action) for action in self.actions):
            return False
        return bool(self.said) or any(action.arguments_at is not None for action in self.actions)

    @property
    def writes(self) -> bool:
        """True when it asked for something that changes the world: by declared effect, else by the tool's name."""
        return self.works and any(action.changes for action in self.actions)


def user_turns(case: Case) -> Iterator[str]:
    """Spans that recorded what the user said in the middle of the run."""
    return (span.span_id for span in case.run.spans if is_user_turn(case, span))


def is_user_turn(case: Case, span: Span) -> bool:
    """True for a span that recorded nothing but what the user said."""
    messages = case.run.contents[span.span_id].output_messages if span.kind is Kind.STEP else []
    return bool(messages) and all(message.role == "user" for message in messages)


def read_traits(case: Case) -> dict[str, dict[str, float]]:
    """Span id -> its traits, for every decision and every turn of the user; traits of 0 are left out."""
    steps = list(_steps(case))
    traits = {step.span_id: dict(_own(step)) for step in steps}
    for place, step in enumerate(_contributors(steps)):
        if log(1 + place) < CONTRIBUTORS:
            traits[step.span_id]["contribution"] = CONTRIBUTORS - log(1 + place)
    worked = max((place for place, step in enumerate(steps) if step.works), default=len(steps))
    for step in steps[worked + 1 :]:
        if _DONE.search(step.said) or _DONE.search(step.thought):
            traits[step.span_id]["declares_done"] = 1.0
    for step in steps[-1:]:
        if not step.user and (_ERROR.search(step.said) or _ERROR.search(step.thought)):
            traits[step.span_id]["ends_on_error"] = 1.0
    return traits


def _steps(case: Case) -> Iterator[_Step]:
    """The candidates in causal order."""
    calls = {call.span.span_id: call for call in case.calls}
    actions = {action.span_id: action for action in case.actions}
    found = [_of_decision(node, calls, actions) for node in case.decisions]
    for span_id in user_turns(case):
        words = (part.content for message in case.run.contents[span_id].output_messages for part in message.parts)
        found.append(_Step(span_id, "\n".join(words)[:MAX_TEXT], user=True))
    yield from sorted(found, key=lambda step: case.run.order[step.span_id])


def _of_decision(node: DecisionNode, calls: dict[str, Call], actions: dict[str, Action]) -> _Step:
    step = _Step(node.span_id, thought=(node.rationale or "")[:MAX_TEXT])
    asked = [calls[span_id] for span_id in (node.span_id, *node.covers) if span_id in calls]
    step.actions = [action for call in asked for action in call.actions]
    step.actions = step.actions or [actions[span_id] for span_id in node.led_to if span_id in actions]
    step.said = "\n".join(words for call in asked for _, words in call.texts)[:MAX_TEXT]
    return step


def _own(step: _Step) -> Iterator[tuple[str, float]]:
    """The traits that show in the step alone."""
    if step.user:
        return
    if step.writes:
        yield "writes", 1.0
    if _ASSUMES.search(step.said):
        yield "assumes", 1.0


def _contributors(steps: list[_Step]) -> list[_Step]:
    """The working steps: first those with code, or those that state something where none has code; then the others."""
    working = [step for step in steps if step.works]
    first = [step for step in working if _CODE in step.said] or [step for step in working if _CLAIM.search(step.said)]
    chosen = {step.span_id for step in first}
    return [*first, *(step for step in working if step.span_id not in chosen)]


def _hands_over(action: Action) -> bool:
    return action.span is not None and action.span.kind is Kind.HANDOFF
