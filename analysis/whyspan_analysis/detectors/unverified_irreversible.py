"""Something that cannot be undone was done without looking first."""

import re
from collections.abc import Iterator

from whyspan.semconv import Effect, Kind
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import leaves

_LASTING = (Effect.IRREVERSIBLE, Effect.EXTERNAL)
_CONSENT = re.compile(r"confirm|approv|verif|ask|review|check|dry_?run|preview|consent", re.IGNORECASE)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on declared irreversible or external actions with no guard, approval or read of their target before them."""
    guards = [case.run.order[span.span_id] for span in case.run.spans if span.kind is Kind.GUARD]
    consents = [action.order for action in case.actions if _CONSENT.search(action.name) and action.ok]
    first_check = min([*guards, *consents], default=None)
    for action in case.actions:
        if action.span is None or action.span.effect not in _LASTING or action.arguments_at is None:
            continue  # without its arguments nobody can tell whether its target had been looked at
        if (first_check is not None and first_check < action.order) or _was_read(case, action):
            continue
        ref = case.ref(action.arguments_at)
        yield detector.finding(
            case.chooser(action),
            f"`{action.name}` ({action.span.effect}) was carried out without a check, an approval or a look at its target first.",
            [ref],
            0.6,
        )


def _was_read(case: Case, action: Action) -> bool:
    """True when an earlier result already spoke of what the action is about."""
    targets = {text(leaf.value) for leaf in leaves(action.arguments, "arguments")}
    return any(
        observation.order < action.order and any(text(leaf.value) in targets for leaf in observation.leaves)
        for observation in case.lineage.observations
    )


DETECTOR = Detector("unverified_irreversible", "An irreversible action was not checked", Role.CAUSE, 3.0, find)
