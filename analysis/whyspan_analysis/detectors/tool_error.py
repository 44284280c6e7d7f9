"""A tool failed. Most such errors are handled; one after which nothing succeeded may have ended the run."""

from bisect import bisect_right
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import QUOTE_LENGTH, first_line
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.outcome import REFUSAL
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import subjects

UNASKED = 0.3
"""Strength where neither the call nor its arguments were captured: the fault may lie with whoever made the tool fail."""

CALL_REFUSED = 0.6
"""Strength where the tool refused the call: agents read refusals and do something else."""
MISLED = 0.4
"""Strength where the call was for an id nobody had seen: then whoever made it up is to blame."""
AGAIN = 0.25
"""Share of the strength that is left while the tool has failed before and not succeeded since: what failed first is to be looked at."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on every failed action, and blames its caller where the tool refused the call; recovered when a later action succeeded or the run answered all the same."""
    refused: set[tuple[str | None, str]] = set()
    for action in case.actions:
        tool = (action.agent, action.name)
        if action.ok:
            refused.discard(tool)
        if action.error is None or _passed_on(case, action):
            continue
        later = case.made_good(action)
        after = f"`{later.name}` then succeeded" if later is not None else "nothing after it succeeded"
        if later is None and case.answer is not None:
            after = "the run then answered"
        yield detector.finding(
            case.chooser(action) if REFUSAL.search(action.error) else case.author(action) or action.span_id,
            f'`{action.name}` failed with "{first_line(action.error, QUOTE_LENGTH)}"; {after}.',
            case.action_refs(action),
            _strength(case, action) * (AGAIN if tool in refused else 1.0),
            recovered=later is not None or case.gave_up_well,
        )
        refused.add(tool)


def _strength(case: Case, action: Action) -> float:
    if action.asked_by is None and action.arguments_at is None:
        return UNASKED
    unseen = any(not case.lineage.sightings(value, action.order) for _, value in subjects(action.arguments))
    if unseen:
        return MISLED
    return CALL_REFUSED if REFUSAL.search(action.error or "") else 1.0


def _passed_on(case: Case, action: Action) -> bool:
    """True when the error came up from a tool that was called within: that one is to blame."""
    inside = bisect_right(case.actions, action.order, key=lambda other: other.order)
    for other in case.actions[inside:]:
        if action.span is None or other.span is None or other.span.start_ns >= action.span.end_ns > 0:
            return False
        if other.error is not None and other.error in (action.error or "") and case.within(other.span, action.span):
            return True
    return False


DETECTOR = Detector("tool_error", "A tool failed", Role.CAUSE, 8.0, find)
