"""The same call, again and again, with the same result."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from whyspan.rules.results import is_empty
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Role, Status
from whyspan_analysis.steps import Action, canonical

Key = TypeVar("Key", bound=Hashable)

REPEATS = 3
"""Calls from which on it is a loop: once to ask, once to make sure, and again."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on three or more equal calls of one tool with equal results; blames the first repetition.

    A call made again after something was changed, or after somebody spoke, is a new look and starts anew.
    """
    news = _news(case)

    def call(action: Action) -> tuple[str | None, str, str, int]:
        since = bisect_right(news.get(action.agent, []), action.order)
        return (*_call(action), since)

    for (_, name, arguments, _), called in _groups(case.actions, call):
        for came_back, equal in _groups(called, lambda action: action.error or text(action.result)):
            yield _finding(
                detector, case, f"`{name}` was called {len(equal)} times with {arguments[:80]}", came_back, equal
            )


def _call(action: Action) -> tuple[str | None, str, str]:
    """What makes two calls the same; an agent that checks what another one read repeats nothing."""
    return action.agent, action.name, canonical(action.arguments)


def _news(case: Case) -> dict[str | None, list[int]]:
    """Agent -> the positions at which it changed something, or was spoken to: the same change again is no news."""
    found: dict[str | None, list[int]] = defaultdict(list)
    last: dict[str | None, tuple[str | None, str, str]] = {}
    for action in case.actions:
        if action.ok and action.changes and last.get(action.agent) != _call(action):
            last[action.agent] = _call(action)
            found[action.agent].append(action.order)
    for call in case.calls:
        if call.hears_user:
            found[call.agent].append(call.order)
    return {agent: sorted(positions) for agent, positions in found.items()}


def _groups(actions: Iterable[Action], key: Callable[[Action], Key]) -> list[tuple[Key, list[Action]]]:
    """The actions that came back, by key, in order; only groups large enough to be a loop."""
    groups: dict[Key, list[Action]] = defaultdict(list)
    for action in actions:
        if action.result_at is not None or action.error is not None:
            groups[key(action)].append(action)
    return [(value, equal) for value, equal in groups.items() if len(equal) >= REPEATS]


def _finding(detector: Detector, case: Case, calls: str, came_back: str, equal: list[Action]) -> Finding:
    what = "nothing" if is_empty(equal[0].result) else f"the same ({came_back[:60]})"
    return detector.finding(
        case.chooser(equal[1]),
        f"{calls} and returned {what} every time.",
        [ref for action in (equal[1], equal[0], equal[-1]) for ref in case.action_refs(action)],
        min(1.0, 0.4 + 0.2 * (len(equal) - REPEATS + 1)),
        recovered=case.outcome.status is not Status.FAILED,
        origin_span_id=equal[0].span_id,
    )


DETECTOR = Detector("exact_loop", "The same call was repeated without effect", Role.CAUSE, 3.5, find)
