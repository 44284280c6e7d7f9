"""Work was handed over without something the next agent needed."""

import re
from collections.abc import Iterator

from whyspan.semconv import Kind
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import read_constraints
from whyspan_analysis.fields import text
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.lineage import typed
from whyspan_analysis.model import Finding, Ref, Role, Status
from whyspan_analysis.steps import Action
from whyspan_analysis.values import Value


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a hand-off whose payload lacks something that was known before it and that the failed check speaks of.

    Without a failed check a withheld fact says nothing: most of what an agent knows need not be passed on. A receiver
    that was told all the same, in a shared conversation, was not kept from it.
    """
    if case.outcome.status is not Status.FAILED:
        return
    for action in case.actions:
        if action.arguments_at is None or not (is_handoff(action.name) or _is_span(action)):
            continue
        told = " ".join([text(action.arguments), *_told_afterwards(case, action)]).casefold()
        for check in case.outcome.refs:
            for what, known in _known(case, check.quote or "", action.order):
                if what.casefold() not in told:
                    yield detector.finding(
                        case.chooser(action),
                        f"{action.agent or 'The agent'} knew of “{what}” and did not pass it on; the failed check speaks of it.",
                        [case.ref(action.arguments_at), known, check],
                        origin_span_id=known.span_id,
                    )
                    return


def _is_span(action: Action) -> bool:
    return action.span is not None and action.span.kind is Kind.HANDOFF


def _known(case: Case, check: str, before: int) -> Iterator[tuple[str, Ref]]:
    """What of a failed check was known before the hand-off: things ruled out, and values."""
    for constraint in read_constraints(case.run, case.steps):
        for thing in sorted(constraint.ruled_out):
            if re.search(rf"\b{re.escape(thing)}s?\b", check, re.IGNORECASE):
                yield thing, case.ref((constraint.span_id, constraint.path), constraint.text)
    for value in typed(check):
        for seen in case.lineage.sightings(value, before)[:1] if not _used_after(case, value, before) else ():
            yield seen.value.raw, case.ref((seen.span_id, seen.path), seen.value.raw)


def _used_after(case: Case, value: Value, order: int) -> bool:
    """True when a later action named the value: then it did get through."""
    later = (action for action in case.actions if action.order > order)
    return any(value.canon in {each.canon for each in typed(text(action.arguments))} for action in later)


def _told_afterwards(case: Case, action: Action) -> Iterator[str]:
    """What other agents were told after the hand-off; what they found out themselves does not count."""
    for call in case.calls:
        if call.order > action.order and call.agent != action.agent:
            for position in call.new:
                message = call.content.input_messages[position]
                if message.role in ("system", "user"):
                    yield from (part.content for part in message.parts)


DETECTOR = Detector("handoff_drops", "A hand-off dropped information", Role.CAUSE, 5.0, find)
