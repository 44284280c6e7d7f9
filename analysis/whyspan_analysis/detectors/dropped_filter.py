"""A call was repeated without something that had narrowed it down, and its wider result was used."""

from collections.abc import Iterator

from whyspan.rules.results import is_empty
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import dropped_arguments, read_constraints, words
from whyspan_analysis.fields import join, text
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when a tool is called again with one argument less, all others equal, and then succeeds.

    Widening a search that found nothing is ordinary and left out. Full strength where the task or its constraints
    speak of the argument; a third otherwise.
    """
    constraints = read_constraints(case.run, case.steps)
    for drop in dropped_arguments(case.actions):
        earlier, later = drop.earlier, drop.later
        if (
            not later.ok
            or is_empty(later.result)
            or (earlier.ok and is_empty(earlier.result))
            or earlier.arguments_at is None
        ):
            continue
        named = set(words(drop.key))
        stated = [constraint for constraint in constraints if named & constraint.words]
        refs = [case.ref((earlier.arguments_at[0], join(earlier.arguments_at[1], drop.key)))]
        refs += [case.ref(at) for at in (later.arguments_at,) if at is not None]
        refs += [case.ref((each.span_id, each.path), each.text) for each in stated[:1]]
        yield detector.finding(
            case.chooser(later),
            f"`{later.name}` was called again without {drop.key} = {text(drop.value)}, which had narrowed it before.",
            refs,
            1.0 if stated else 0.35,
        )


DETECTOR = Detector("dropped_filter", "A filter was dropped", Role.CAUSE, 3.0, find)
