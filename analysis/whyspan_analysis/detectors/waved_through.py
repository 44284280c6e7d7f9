"""A check approved a number though its own reckoning came to another one."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.delegations import delegations
from whyspan_analysis.model import DecisionNode, Finding, Role
from whyspan_analysis.values import of_scalar, of_text

_APPROVES = re.compile(
    r"\b(?:accept|approve|pass|confirm|correct|valid|right|ok(?:ay)?|fine|lgtm)(?:ed|es|s)?\b", re.IGNORECASE
)
_REFUSES = re.compile(
    r"\b(?:reject|refus|den(?:y|ied)|disapprov|invalid|incorrect|wrong|fail|not|mismatch|differ)", re.IGNORECASE
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_RECKONING = re.compile(
    rf"{_NUMBER}(?:\s*[-+*/x\u00d7\u2212]\s*{_NUMBER})+\s*(?:=|is|equals|makes|comes to)\s*(?P<result>-?{_NUMBER})"
)
"""`400 + 50 - 80 is 370`."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on an agent that was handed a number, reckoned another one from what it read, and approved all the same.

    Its reckoning stands in its words as a formula; the number it was handed is none of the formula's terms.
    """
    for each in delegations(case):
        claims = {value.canon for field in each.fields.values() for value in of_scalar(field) if value.kind == "number"}
        for node in case.decisions if claims else ():
            if each.order < case.run.order[node.span_id] <= each.until and node.agent == each.receiver:
                found = _approved(case, node, claims)
                if found is not None:
                    at, formula, wrong = found
                    yield detector.finding(
                        node.span_id,
                        f"{each.receiver} approved {wrong}, though by its own reckoning “{formula}”.",
                        [case.ref(at, formula), case.ref(each.at, wrong)],
                    )


def _approved(case: Case, node: DecisionNode, claims: set[str]) -> tuple[tuple[str, str], str, str] | None:
    """(where the formula stands, the formula, the number approved) of a verdict that contradicts its own reckoning."""
    for at, said in _words(case, node):
        for formula in _RECKONING.finditer(said):
            verdict = node.choice if node.source == "recorded" and node.choice else said.replace(formula[0], "")
            if not _APPROVES.search(verdict) or _REFUSES.search(verdict):
                continue
            numbers = [value.canon for value in of_text(formula[0]) if value.kind == "number"]
            own = next((value.canon for value in of_text(formula["result"])), None)
            rest = [claim for claim in claims if claim not in numbers]
            if own is not None and own not in claims and rest:
                nearest = min(rest, key=lambda claim: abs(float(claim) - float(own)))
                return at, formula[0], nearest
    return None


def _words(case: Case, node: DecisionNode) -> Iterator[tuple[tuple[str, str], str]]:
    if node.source == "recorded" and node.rationale:
        yield (node.span_id, "decision.rationale"), node.rationale
    for call in case.calls:
        if call.span.span_id in (node.span_id, *node.covers):
            yield from (((call.span.span_id, path), said) for path, said in (*call.texts, *call.reasoning))


DETECTOR = Detector("waved_through", "A check approved what its own reckoning contradicts", Role.CAUSE, 8.0, find)
