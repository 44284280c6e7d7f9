"""What leads to the outcome: backwards from where it is seen, over the links of the run."""

from collections.abc import Iterator

from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.lineage import END
from whyspan_analysis.links import Links, closure
from whyspan_analysis.model import Status
from whyspan_analysis.values import of_text

STANDING_FOR_MANY = (Kind.AGENT, Kind.STEP, Kind.OTHER)
"""Kinds of spans that hold other steps and do nothing of their own."""


def reach(case: Case, links: Links) -> set[str]:
    """The spans from which recorded links lead to the outcome."""
    return closure(links, _anchors(case))


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
