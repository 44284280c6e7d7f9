"""Which runs break which rules, for a person, a build server (JUnit) or a code host (SARIF)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

from whyspan.rules.evaluation import Violation, evaluate
from whyspan.rules.rule import CompiledRule, Rule, RuleStatus
from whyspan_analysis.rules.history import PastRun

_XML_CONTROL: Final = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: "\ufffd",
    0xFFFF: "\ufffd",
}
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {1: "note", 2: "note", 3: "warning", 4: "error", 5: "error"}


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule, broken by one run for the first time."""

    rule: Rule
    run_id: str
    span_id: str | None
    """Where; None where the run broke it by ending."""
    event: str
    """`call refund`, `answer`, or `the end`."""
    times: int

    @property
    def counts(self) -> bool:
        """False for rules in shadow, which only report."""
        return self.rule.status is not RuleStatus.SHADOW

    @property
    def message(self) -> str:
        """What happened, in a sentence."""
        times = f" {self.times} times" if self.times > 1 else ""
        said = f": {self.rule.message}" if self.rule.message else ""
        return f"run {self.run_id} broke {self.rule.id}{times}, first at {self.event}{said}"


def check(rules: Sequence[CompiledRule], runs: Iterable[PastRun]) -> tuple[int, list[Broken]]:
    """(how many runs were looked at, what they broke)."""
    looked, broken = 0, []
    for run in runs:
        looked += 1
        broken += broken_by(rules, run)
    return looked, broken


def broken_by(rules: Sequence[CompiledRule], run: PastRun) -> list[Broken]:
    """What one run breaks: each rule once, in the order they were broken."""
    found: dict[str, list[Violation]] = {}
    for violation in evaluate(rules, run.stream):
        found.setdefault(violation.rule.rule.id, []).append(violation)
    return [_first(violations, run) for violations in found.values()]


def _first(violations: list[Violation], run: PastRun) -> Broken:
    first = violations[0]
    event = first.event
    where = "the end" if event is None else f"{event.kind} {event.name}".strip()
    return Broken(
        first.rule.rule, run.run_id, event.span_id or None if event is not None else None, where, len(violations)
    )


def junit(rules: Sequence[CompiledRule], looked: int, broken: Sequence[Broken]) -> str:
    """JUnit's XML: one test case for each rule, with the runs that broke it."""
    failed = {each.rule.id for each in broken if each.counts}
    suite = ET.Element("testsuite", name="whyspan check", tests=str(len(rules)), failures=str(len(failed)), errors="0")
    for rule in rules:
        case = ET.SubElement(suite, "testcase", classname="whyspan.rules", name=rule.rule.id)
        mine = [each for each in broken if each.rule.id == rule.rule.id]
        text = "\n".join(each.message for each in mine).translate(_XML_CONTROL)
        if rule.rule.id in failed:
            failure = ET.SubElement(case, "failure", message=f"{len(mine)} of {looked} runs broke it")
            failure.text = text
        elif mine:
            ET.SubElement(case, "system-out").text = text
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def sarif(rules: Sequence[CompiledRule], broken: Sequence[Broken], rules_file: str) -> str:
    """SARIF 2.1.0; every result stands at the file of rules, with the run and the span as its logical place."""
    driver = {
        "name": "whyspan",
        "rules": [_sarif_rule(rule.rule) for rule in rules],
    }
    results = [_sarif_result(each, rules_file) for each in broken]
    document = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(document, indent=2) + "\n"


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.message or rule.id},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "warning")},
    }


def _sarif_result(broken: Broken, rules_file: str) -> dict[str, Any]:
    place = {"fullyQualifiedName": f"{broken.run_id}/{broken.span_id or ''}", "kind": "function"}
    return {
        "ruleId": broken.rule.id,
        "level": _LEVELS.get(broken.rule.severity, "warning") if broken.counts else "note",
        "message": {"text": broken.message},
        "partialFingerprints": {"runAndRule/v1": f"{broken.run_id}/{broken.rule.id}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": rules_file}, "region": {"startLine": 1}},
                "logicalLocations": [place],
            }
        ],
    }
