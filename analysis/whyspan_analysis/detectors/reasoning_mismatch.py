"""The agent said it would do one thing and did another."""

import re
from collections.abc import Iterable, Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import refer
from whyspan_analysis.model import DecisionNode, Finding, Ref, Role

_INTENT = r"(?:\bI(?:'ll| will| shall| choose| should| must|'m going to| am going to)|\blet me|\blet's)(?: now| first| then)?(?: (?:use|call|try|run|choose|go with|pick|select))?(?: the)? [`'\"]?"


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when a rationale announces one offered tool and the call is to another, or a choice names one and another ran."""
    ran = {action.span_id: action.name for action in case.actions}
    for node in case.decisions:
        labels = {option.label for option in node.options}
        did = {ran[span_id] for span_id in node.led_to if span_id in ran}
        if node.source == "recorded":
            if node.choice in labels and did and node.choice not in did and did <= labels:
                said = node.choice
                ref = refer(case.run, node.span_id, "decision.choice")
                yield _finding(
                    detector, node, str(said), did, [ref, *(Ref(s, "name", case.run.span(s).name) for s in node.led_to)]
                )
        elif (
            node.rationale is not None and did and (announced := _announced(node.rationale, labels)) not in (None, *did)
        ):
            yield _finding(detector, node, str(announced), did, _said(case, node, str(announced)))


def _announced(rationale: str, labels: set[str]) -> str | None:
    """The offered tool a rationale says will be used; the last such announcement counts."""
    found = [
        (match.start(), label)
        for label in labels
        for match in re.finditer(_INTENT + re.escape(label) + r"\b", rationale)
    ]
    return max(found)[1] if found else None


def _said(case: Case, node: DecisionNode, announced: str) -> Iterator[Ref]:
    for call in case.calls:
        if call.span.span_id == node.span_id:
            for path, words in call.reasoning or call.texts:
                if announced in words:
                    yield case.ref((node.span_id, path), announced)


def _finding(detector: Detector, node: DecisionNode, said: str, did: set[str], refs: Iterable[Ref]) -> Finding:
    names = ", ".join(f"`{name}`" for name in sorted(did))
    return detector.finding(node.span_id, f"The agent decided on `{said}`, but {names} was executed.", refs)


DETECTOR = Detector("reasoning_mismatch", "What was done is not what was decided", Role.CAUSE, 4.0, find)
