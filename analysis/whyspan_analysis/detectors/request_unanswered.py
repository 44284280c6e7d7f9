"""The user asked for something, and the agent went on to the next request, or the run ended, without doing or saying anything."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Call, parts
from whyspan_analysis.traits import is_user_turn

NOTHING_AFTER = 0.6
"""Strength where the run ended on a go-ahead: what was agreed on may have been no deed. Three public conversations end so, all failed."""

_GO_AHEAD = re.compile(
    r"\b(?:go ahead|(?:please|you can|let's|yes,?) (?:proceed|confirm|continue|do)|proceed with|finali[sz]e)\b",
    re.IGNORECASE,
)
_OFFER = re.compile(r"\?|\blet me know\b|\bconfirm\b|\bproceed\b", re.IGNORECASE)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a call that sees two new messages of the user in a row, after the conversation had begun; and on a go-ahead at the end."""
    yield from _at_end(detector, case)
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


def _at_end(detector: Detector, case: Case) -> Iterator[Finding]:
    if not case.calls or not is_user_turn(case, last := case.run.spans[-1]):
        return
    offered = any(_OFFER.search(words) for _, words in case.calls[-1].texts)
    said_last = case.run.contents[last.span_id].output_messages
    for path, part in parts(said_last, "output_messages") if offered else ():
        if part.type == "text" and (said := _GO_AHEAD.search(part.content)) is not None:
            yield detector.finding(
                last.span_id,
                f"The user's “{said[0]}” was the last thing in the run: nothing was done after it.",
                [case.ref((last.span_id, f"{path}.content"), said[0])],
                NOTHING_AFTER,
            )


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
