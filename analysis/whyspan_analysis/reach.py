"""What leads to the outcome: backwards from where it is seen, over values, evidence and choices."""

from collections import deque
from collections.abc import Iterable, Iterator

from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.lineage import END
from whyspan_analysis.model import Status
from whyspan_analysis.values import leaves, of_scalar, of_text

STANDING_FOR_MANY = (Kind.AGENT, Kind.STEP, Kind.OTHER)
"""Kinds of spans that hold other steps and do nothing of their own."""


def reach(case: Case) -> set[str]:
    """The spans from which recorded links lead to the outcome."""
    reached = set(_anchors(case))
    sources = _sources(case)
    waiting = deque(reached)
    while waiting:
        new = sources.get(waiting.popleft(), set()) - reached
        reached |= new
        waiting.extend(new)
    return reached


def _anchors(case: Case) -> Iterator[str]:
    """Where the outcome is seen: its evidence, the answer, and the last step taken.

    A failed check judges what the run left behind, so the changes it made, and the calls it never made good, are seen too.
    """
    if case.outcome.status is Status.FAILED and case.outcome.explicit:
        for action in case.actions:
            if action.changes if action.ok else case.made_good(action) is None:
                yield action.span_id
    for ref in case.outcome.refs:
        yield ref.span_id
    if case.answer is not None:
        yield case.answer.span_id
        for value in of_text(case.answer.text):
            for sighting in case.lineage.sightings(value, END)[-1:]:
                yield sighting.span_id
    else:
        yield from (node.span_id for node in case.decisions[-1:])


def _sources(case: Case) -> dict[str, set[str]]:
    """Span id -> the spans it depended on: what its arguments and evidence came from, and who chose it."""
    sources: dict[str, set[str]] = {}

    def depends(span_id: str, on: Iterable[str]) -> None:
        sources.setdefault(span_id, set()).update(other for other in on if other != span_id)

    for node in case.decisions:
        depends(node.span_id, (ref.span_id for ref in node.evidence))
        for span_id in node.led_to:
            depends(span_id, (node.span_id,))
    for action in case.actions:
        depends(action.span_id, (case.chooser(action),))
        if action.asked_by is None and action.span is not None and action.span.parent_span_id is not None:
            depends(action.span.parent_span_id, (action.span_id,))  # its caller's model calls were not captured
        for leaf in leaves(action.arguments, "arguments"):
            for value in of_scalar(leaf.value):
                depends(action.span_id, (seen.span_id for seen in case.lineage.sightings(value, action.order)[-1:]))
    return sources
