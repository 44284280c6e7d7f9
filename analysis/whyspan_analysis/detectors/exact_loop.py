"""The same call, again and again, with the same result."""

from collections import defaultdict
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Role, Status
from whyspan_analysis.results import is_empty
from whyspan_analysis.steps import Action, canonical

REPEATS = 3
"""Calls from which on it is a loop: once to ask, once to make sure, and again."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on three or more equal calls of one tool with equal results; blames the first repetition."""
    groups: dict[tuple[str, str, str], list[Action]] = defaultdict(list)
    for action in case.actions:
        came_back = action.error or text(action.result)
        if action.done and (action.result_at is not None or action.error is not None):
            groups[action.name, canonical(action.arguments), came_back].append(action)
    for (name, arguments, came_back), equal in groups.items():
        if len(equal) < REPEATS:
            continue
        what = "nothing" if is_empty(equal[0].result) else f"the same ({came_back[:60]})"
        last = equal[-1]
        yield detector.finding(
            case.chooser(equal[1]),
            f"`{name}` was called {len(equal)} times with {arguments[:80]} and returned {what} every time.",
            [ref for action in (equal[1], equal[0], last) for ref in case.action_refs(action)],
            min(1.0, 0.4 + 0.2 * (len(equal) - REPEATS + 1)),
            recovered=case.outcome.status is not Status.FAILED,
            origin_span_id=equal[0].span_id,
        )


DETECTOR = Detector("exact_loop", "The same call was repeated without effect", Role.CAUSE, 4.0, find)
