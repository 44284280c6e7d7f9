"""Two changes of one record were made in an order in which the first shut out the second."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import QUOTE_LENGTH, ended, first_line
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import subjects


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the change that took a record to another state, where the next one, of another kind, was refused for good.

    Nobody may have been heard in between: what a user asks for afterwards could not have been done first.
    """
    for refused in case.actions:
        first = _before(case, refused) if refused.error is not None and refused.changes else None
        if first is None or case.made_good(refused) is not None or _heard(case, first, refused):
            continue
        for _, value in subjects(refused.arguments):
            was, then = case.readings.last(value, first.order), case.readings.last(value, refused.order)
            if was is None or then is None or then.action is not first or was.state is None or then.state is None:
                continue
            (was_at, before), (then_at, after) = was.state, then.state
            if before != after:
                yield detector.finding(
                    case.chooser(first),
                    ended(
                        f"`{first.name}` took {value.raw} from “{before}” to “{after}”; `{refused.name}`"
                        f' was then refused: "{first_line(refused.error or "", QUOTE_LENGTH)}"'
                    ),
                    [
                        case.ref((was.at[0], was_at)),
                        case.ref((then.at[0], then_at)),
                        *case.action_refs(refused),
                    ],
                )


def _before(case: Case, refused: Action) -> Action | None:
    """The last change before it that succeeded, if it was of another kind."""
    before = (action for action in reversed(case.actions) if action.order < refused.order)
    last = next((action for action in before if action.changes and action.ok), None)
    return last if last is not None and last.name != refused.name else None


def _heard(case: Case, first: Action, second: Action) -> bool:
    """True when the user said something between the two."""
    return any(call.hears_user for call in case.calls if first.order < call.order <= second.order)


DETECTOR = Detector("wrong_order", "Changes were made in the wrong order", Role.CAUSE, 8.0, find)
