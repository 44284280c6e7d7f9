"""The user asked for something, and the agent went on to the next request without doing or saying anything."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Call


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call that sees two new messages of the user in a row, after the conversation had begun."""
    heard: dict[str | None, bool] = {}
    for call in case.calls:
        new = _user_messages(case, call)
        if heard.get(call.agent) and len(new) > 1:
            yield detector.finding(
                case.decided_at(call),
                f"The user's “{(new[0].quote or '')[:100]}” was passed over: the next request came before any answer.",
                new[:2],
                0.7,
            )
        heard[call.agent] = True


def _user_messages(case: Case, call: Call) -> list[Ref]:
    """The new messages of the user that stand next to each other at the end of what the call saw."""
    found: list[Ref] = []
    for position in call.new:
        message = call.content.input_messages[position]
        if message.role != "user":
            found = []
        elif message.parts and message.parts[0].type == "text":
            found.append(case.ref((call.span.span_id, f"input_messages[{position}].parts[0].content")))
    return found


DETECTOR = Detector("request_unanswered", "A request was passed over", Role.CAUSE, 7.0, find)
