"""A turn named one record in its words and acted on another."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.subjects import ids_in, subjects
from whyspan_analysis.values import sort_of


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where the words of a call name an id of the same sort as an argument's, but not the argument's own."""
    for call in case.calls:
        said = [(path, value) for path, words in (*call.texts, *call.reasoning) for value in ids_in(words)]
        named = {value.canon for _, value in said}
        asked = [(action, path, value) for action in call.actions for path, value in subjects(action.arguments)]
        passed = {value.canon for _, _, value in asked}
        for action, path, value in asked if said else ():
            instead = [
                (at, other) for at, other in said if sort_of(other) == sort_of(value) and other.canon not in passed
            ]
            if value.canon in named or not instead or action.arguments_at is None:
                continue
            at, other = instead[-1]
            yield detector.finding(
                case.chooser(action),
                f"The agent spoke of {other.raw}, but called `{action.name}` for {value.raw}.",
                [
                    case.ref((call.span.span_id, at), other.raw),
                    case.ref((action.arguments_at[0], action.arguments_at[1] + path)),
                ],
            )


DETECTOR = Detector("other_than_said", "Another record was acted on than was spoken of", Role.CAUSE, 8.0, find)
