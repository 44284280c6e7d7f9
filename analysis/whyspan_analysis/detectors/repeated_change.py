"""Something was done twice: the same change, with the same arguments, and nothing in between that asked for it."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action, canonical
from whyspan_analysis.values import leaves


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the second of two equal calls that changed something, both of which succeeded.

    Left out where the first was taken back in between (another change of the same thing), or where the user, or
    another agent, spoke before the second.
    """
    last: dict[tuple[str | None, str, str], Action] = {}
    for action in case.actions:
        if action.arguments_at is None or not action.changes or not action.ok:
            continue
        key = (action.agent, action.name, canonical(action.arguments))
        earlier = last.get(key)
        last[key] = action
        if earlier is None or _meanwhile(case, earlier, action):
            continue
        yield detector.finding(
            case.chooser(action),
            f"`{action.name}` was carried out a second time with the same arguments.",
            [ref for each in (action, earlier) for ref in case.action_refs(each)],
            1.0 if _at_once(case, earlier, action) else 0.6,
            origin_span_id=earlier.span_id,
        )


def _at_once(case: Case, first: Action, second: Action) -> bool:
    """True when the agent did nothing else in between: a second time after another look may be meant."""
    return not any(first.order < other.order < second.order and other.agent == second.agent for other in case.actions)


def _meanwhile(case: Case, first: Action, second: Action) -> bool:
    """True when something between the two may call for the second: a change of the same thing, or words from outside."""
    about = {leaf.value for leaf in leaves(first.arguments, "") if isinstance(leaf.value, str | int)}
    for other in case.actions:
        between = first.order < other.order < second.order and other.changes and other.name != first.name
        if between and about & {
            leaf.value for leaf in leaves(other.arguments, "") if isinstance(leaf.value, str | int)
        }:
            return True
    return any(
        call.hears_user
        for call in case.calls
        if first.order < call.order <= second.asked_order and call.agent == second.agent
    )


DETECTOR = Detector("repeated_change", "A change was made twice", Role.CAUSE, 8.0, find)
