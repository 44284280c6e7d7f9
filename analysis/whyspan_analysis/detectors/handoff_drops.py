"""Work was handed over without something the next agent needed."""

from collections.abc import Iterator

from whyspan.semconv import Kind
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.lineage import Sighting
from whyspan_analysis.model import Finding, Role, Status
from whyspan_analysis.steps import Action


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a hand-off whose payload lacks a value that was known before it and that the failed check asks for.

    Without a failed check a withheld value says nothing: most of what an agent knows need not be passed on. A
    receiver that saw the value all the same (a shared conversation) was not kept from it.
    """
    if case.outcome.status is not Status.FAILED:
        return
    wanted = [ref for ref in case.outcome.refs if ref.quote]
    for action in case.actions:
        if action.arguments_at is None or not (is_handoff(action.name) or _is_handoff_span(action)):
            continue
        payload = text(action.arguments).casefold()
        afterwards = _seen_afterwards(case, action)
        for ref in wanted:
            for seen in _known_before(case, ref.quote or "", action.order):
                raw = seen.value.raw.casefold()
                if raw in payload or any(raw in words for words in afterwards):
                    continue
                yield detector.finding(
                    case.chooser(action),
                    f"{action.agent or 'The agent'} knew {seen.key or 'the value'} {seen.value.raw} and did not pass it on with `{action.name}`.",
                    [case.ref(action.arguments_at), case.ref((seen.span_id, seen.path), seen.value.raw), ref],
                    origin_span_id=seen.span_id,
                )
                break


def _is_handoff_span(action: Action) -> bool:
    return action.span is not None and action.span.kind is Kind.HANDOFF


def _known_before(case: Case, words: str, before: int) -> Iterator[Sighting]:
    """The values of a failed check that the run already knew at a position."""
    for value in case.lineage.typed(words):
        if known := case.lineage.sightings(value, before):
            yield known[0]


def _seen_afterwards(case: Case, action: Action) -> list[str]:
    """What the agents after the hand-off were shown, as lower-case texts."""
    shown = []
    for call in case.calls:
        if call.order > action.order and call.agent != action.agent:
            shown += [part.content.casefold() for message in call.content.input_messages for part in message.parts]
    for span in case.run.spans[action.order + 1 :]:
        if span.kind is Kind.AGENT and case.run.contents[span.span_id].input is not None:
            shown.append(text(case.run.contents[span.span_id].input).casefold())
    return shown


DETECTOR = Detector("handoff_drops", "A hand-off dropped information", Role.CAUSE, 5.0, find)
