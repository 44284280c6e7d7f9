"""Work was handed to an agent that could only pass it on."""

from collections.abc import Iterator
from itertools import pairwise

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.handoffs import handoff_target, is_handoff
from whyspan_analysis.model import Finding, Role, Status
from whyspan_analysis.steps import Action


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the receiver's first action is to hand the work to a third agent; recovered unless the run failed."""
    for first, second in pairwise(case.actions):
        if not (_passes_on(first) and _passes_on(second)):
            continue
        receiver, third = handoff_target(first.name, first.arguments), handoff_target(second.name, second.arguments)
        if receiver is None or third is None or receiver == third or second.agent not in (receiver, None):
            continue
        refs = [case.ref(at) for at in (second.arguments_at, first.arguments_at) if at is not None]
        if second.asked_by is not None:
            refs += [case.ref((second.asked_by.span.span_id, path)) for path, _ in second.asked_by.reasoning[:1]]
        yield detector.finding(
            case.chooser(first),
            f"{first.agent or 'An agent'} handed the work to {receiver}, which did nothing but hand it on to {third}.",
            refs,
            recovered=case.outcome.status is not Status.FAILED,
        )


def _passes_on(action: Action) -> bool:
    return is_handoff(action.name)


DETECTOR = Detector("misrouted_handoff", "Work was handed to the wrong agent", Role.CAUSE, 3.0, find)
