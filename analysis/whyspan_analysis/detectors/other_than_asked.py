"""The answer calls the record that was changed what was asked for, and the results say that another one is."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.records import mistaken
from whyspan_analysis.values import leaves


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the last successful change of a record that the answer describes by what is true of another one."""
    if (answer := case.answer) is None:
        return
    passed = (str(leaf.value) for action in case.actions for leaf in leaves(action.arguments, ""))
    found = mistaken(case.lineage, answer.text, passed)
    if found is None:
        return
    for action in reversed(case.actions):
        if action.changes and action.ok and action.arguments_at is not None:
            for leaf in leaves(action.arguments, action.arguments_at[1]):
                if str(leaf.value) == str(found.name.value):
                    key, own, other = found.own.key, found.own.value, found.other.value
                    yield detector.finding(
                        case.chooser(action),
                        f"`{action.name}` was called for {found.name.value}, whose {key} is {own}; {other} was asked for, and the answer says so.",
                        [
                            case.ref((action.arguments_at[0], leaf.path)),
                            case.ref((found.span_id, found.own.path)),
                            case.ref((found.span_id, found.other.path)),
                            case.ref((answer.span_id, answer.path)),
                        ],
                    )
                    return


DETECTOR = Detector("other_than_asked", "Another record was acted on than was asked for", Role.CAUSE, 8.0, find)
