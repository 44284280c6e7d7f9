"""Up to where a failure could still have been stopped: the last decision on the way from its cause to what cannot be taken back."""

from collections.abc import Iterator, Sequence
from typing import Final

from whyspan_analysis.case import Case
from whyspan_analysis.links import closure, depends_on, turned
from whyspan_analysis.model import Change, Hypothesis, LastChance
from whyspan_analysis.outside import change_of
from whyspan_analysis.ranking import is_accused
from whyspan_analysis.reach import reach

_LASTING: Final = ("cannot be undone", "reached somebody")


def last_chance(case: Case, hypotheses: Sequence[Hypothesis]) -> LastChance | None:
    """The last chance to stop what the first hypothesis led to.

    The point of no return is the first action that follows from it, came back, and lasts as its author declared it. Without one
    the way ends where the outcome is seen. None where no detector accuses the hypothesis, and where decisions were made after it
    to which no recorded link leads.
    """
    if not hypotheses or not is_accused(hypotheses[0]):
        return None
    cause, links = hypotheses[0].span_id, depends_on(case)
    after = closure(turned(links), (cause,))
    changes = list(_changes(case, cause, after))
    lasting = next((change for change in changes if change.certain and change.undoing in _LASTING), None)
    before = closure(links, (lasting.span_id,)) if lasting is not None else reach(case, links)
    end = case.run.order[lasting.span_id] if lasting is not None else len(case.run.spans)
    way = [node for node in case.decisions if node.span_id in after & before and case.run.order[node.span_id] <= end]
    last = next(reversed(way), case.by_span.get(cause))
    if last is None or (lasting is None and last is case.by_span.get(cause) and last is not case.decisions[-1]):
        return None
    undeclared = tuple(change for change in changes if change.undoing == "not declared")
    return LastChance(last.decision_id, last.span_id, lasting, undeclared)


def _changes(case: Case, cause: str, after: set[str]) -> Iterator[Change]:
    """What was changed outside, in order, that follows from the cause."""
    for action in case.actions:
        if action.span_id in after and action.order >= case.run.order[cause] and (change := change_of(action)):
            yield change
