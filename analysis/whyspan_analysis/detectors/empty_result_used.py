"""A search came back empty, and the answer states particulars of what was not found."""

from collections.abc import Iterator

from whyspan.rules.results import is_empty
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.outcome import LIMIT
from whyspan_analysis.steps import Action


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the last result before the answer was empty and the answer holds values found nowhere.

    Also when the run raised right after an empty result, with nothing else failing.
    """
    came_back = [action for action in case.actions if action.result_at is not None and action.error is None]
    if not came_back or not is_empty(came_back[-1].result):
        return
    if (answer := case.answer) is None:
        yield from _raised(detector, case, came_back[-1])
        return
    loose = case.lineage.invented(answer.text)
    if not loose:
        return
    last = came_back[-1]
    names = ", ".join(dict.fromkeys(value.raw for value in loose))
    everything = all(is_empty(action.result) for action in came_back)
    yield detector.finding(
        answer.span_id,
        f"`{last.name}` returned nothing, yet the answer states {names}.",
        [case.ref((answer.span_id, answer.path), loose[0].raw), *case.action_refs(last)],
        1.0 if everything else 0.5,
        origin_span_id=last.span_id,
    )


def _raised(detector: Detector, case: Case, last: Action) -> Iterator[Finding]:
    if LIMIT.search(case.outcome.check):
        return  # it ran out of turns: what used them up is another detector's
    failing = [action for action in case.actions if action.error is not None and not is_handoff(action.name)]
    if (
        case.outcome.sign == "raised"
        and not any(call.error for call in case.calls)
        and not any(action.order >= last.order for action in failing)
    ):
        yield detector.finding(
            last.span_id,
            f"`{last.name}` returned nothing, and the run raised right after.",
            [*case.action_refs(last), *case.outcome.refs],
        )


DETECTOR = Detector("empty_result_used", "An empty result was answered from", Role.CAUSE, 4.0, find)
