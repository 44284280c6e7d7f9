"""One turn of a conversation was answered by another model than all others."""

from collections import defaultdict
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Call

MIN_OTHERS = 3
"""Turns of the same agent that must agree on a model: fewer make no habit."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the only turn of an agent with another model, where it was offered the same tools as its neighbours.

    A model for another purpose, such as naming the conversation, is offered other tools or none.
    """
    turns: dict[tuple[str | None, str], list[Call]] = defaultdict(list)
    for call in case.calls:
        if call.span.request_model is not None:
            turns[call.agent, _offered(call)].append(call)
    for calls in turns.values():
        models = {call.span.request_model for call in calls}
        if len(models) != 2 or len(calls) <= MIN_OTHERS:
            continue
        for call in calls:
            others = [each for each in calls if each is not call]
            if len({each.span.request_model for each in others}) == 1:
                yield detector.finding(
                    case.decided_at(call),
                    f"This turn was {call.span.request_model}'s, the {len(others)} others were {others[0].span.request_model}'s.",
                    [case.ref((each.span.span_id, "request_model")) for each in (call, others[0])],
                )


def _offered(call: Call) -> str:
    return "\n".join(sorted(str(tool.get("name")) for tool in call.content.tool_definitions))


DETECTOR = Detector("other_model", "Another model answered one turn", Role.CAUSE, 6.0, find)
