"""Something that cannot be undone was done without looking first."""

import re
from collections.abc import Iterator

from whyspan.semconv import Effect, Kind
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import read_constraints
from whyspan_analysis.fields import text
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import leaves

_LASTING = (Effect.IRREVERSIBLE, Effect.EXTERNAL)
_CONSENT = re.compile(r"confirm|approv|verif|ask|review|check|dry_?run|preview|consent", re.IGNORECASE)
_DEMANDS = re.compile(
    r"(?:ask|confirm|approv|consent|permission|sign.?off)\w*\b.{0,60}\bbefore\b|\b(?:only|not|never)\b.{0,60}(?:confirm|approv|consent|permission)",
    re.IGNORECASE,
)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on declared irreversible or external actions with no guard, approval or read of their target before them.

    Where a constraint asks for consent, a look does not do. Asking is itself external: tools named so are left out.
    """
    guards = [case.run.order[span.span_id] for span in case.run.spans if span.kind is Kind.GUARD]
    consents = [action.order for action in case.actions if _CONSENT.search(action.name) and action.ok]
    first_check = min([*guards, *consents], default=None)
    demanded = _demanded(case)
    for action in case.actions:
        if action.span is None or action.span.effect not in _LASTING or action.arguments_at is None:
            continue  # without its arguments nobody can tell whether its target had been looked at
        if _CONSENT.search(action.name) or (first_check is not None and first_check < action.order):
            continue
        if demanded is None and _was_read(case, action):
            continue
        refs = [case.ref(action.arguments_at), *([demanded] if demanded is not None else [])]
        what = (
            "without the consent that was demanded"
            if demanded is not None
            else "without a check, an approval or a look at its target first"
        )
        yield detector.finding(
            case.chooser(action),
            f"`{action.name}` ({action.span.effect}) was carried out {what}.",
            refs,
            0.6 if demanded is None else 0.7,
        )
        if demanded is not None:
            return  # what came after was done without it just as well


def _demanded(case: Case) -> Ref | None:
    """The constraint that asks for consent before something is done, where there is a tool to ask with."""
    offered = {str(tool.get("name")) for call in case.calls for tool in call.content.tool_definitions}
    if not any(_CONSENT.search(name) for name in offered):
        return None
    for constraint in read_constraints(case.run, case.steps):
        if _DEMANDS.search(constraint.text):
            return case.ref((constraint.span_id, constraint.path), constraint.text)
    return None


def _was_read(case: Case, action: Action) -> bool:
    """True when an earlier result already spoke of what the action is about."""
    targets = {text(leaf.value) for leaf in leaves(action.arguments, "arguments")}
    return any(
        observation.order < action.order and any(text(leaf.value) in targets for leaf in observation.leaves)
        for observation in case.lineage.observations
    )


DETECTOR = Detector("unverified_irreversible", "An irreversible action was not checked", Role.CAUSE, 3.0, find)
