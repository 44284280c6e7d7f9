"""The rules in force, looked for in every run once it has settled: what a monitor is."""

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from whyspan import semconv
from whyspan.rules.cel import RuleError
from whyspan.rules.rule import CompiledRule, RuleStatus, compile_rule, record_of
from whyspan.semconv import Kind, Verdict
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.load import load_runs
from whyspan_analysis.model import Run
from whyspan_analysis.rules.check import Broken, broken_by
from whyspan_analysis.rules.history import past_run
from whyspan_analysis.rules.stored import kept_rules
from whyspan_collector.portions import portions
from whyspan_collector.rule_checks import RuleChecks

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

_NEVER_NS: Final = 2**63 - 1
_log = logging.getLogger(__name__)


def check_settled(store: "AnyStore", settled_before_ns: int | None = None) -> int:
    """Looks for the rules in force in every settled run that was not looked at with them, and keeps what was found.

    Returns:
        How many runs were looked at.
    """
    rules = _in_force(store)
    if not rules:
        return 0
    before = _NEVER_NS if settled_before_ns is None else settled_before_ns
    fingerprint = _fingerprint(rules)
    waiting = store.query("unchecked_runs", settled_before_ns=before, rules=fingerprint).to_pylist()
    for some in portions(waiting):
        runs = load_runs(store, [row["run_id"] for row in some])
        checked = [{"run_id": row["run_id"], "revision": row["revision"], "rules": fingerprint} for row in some]
        broken = [
            found
            for row in some
            if row["run_id"] in runs
            for found in _broken(rules, runs[row["run_id"]], row["revision"])
        ]
        store.save_rule_checks(RuleChecks(checked, broken))
    return len(waiting)


def _in_force(store: "AnyStore") -> list[CompiledRule]:
    compiled = []
    for rule in kept_rules(store):
        if rule.status is RuleStatus.CANDIDATE:
            continue
        try:
            compiled.append(compile_rule(rule))
        except RuleError:
            _log.exception("the rule %s cannot be used", rule.id)
    return compiled


def _fingerprint(rules: Sequence[CompiledRule]) -> str:
    records = [record_of(rule.rule) for rule in rules]
    for record in records:
        record.pop("evidence", None)  # measured anew it is still the same rule
    return hashlib.sha256(json.dumps(records, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _broken(rules: Sequence[CompiledRule], run: Run, revision: str) -> list[dict[str, Any]]:
    if not run.spans:
        return []
    try:
        found = broken_by(rules, past_run(build_case(run), None))
    except Exception:  # noqa: BLE001 - one run must not cost the others theirs
        _log.exception("the rules could not be looked for in run %s", run.run_id)
        return []
    blocked = _blocked(run)
    return [_row(each, revision, stopped=each.rule.id in blocked) for each in found]


def _blocked(run: Run) -> set[str]:
    """The rules whose guard in the agent had stopped a call."""
    guards = [span for span in run.spans if span.kind is Kind.GUARD]
    stopped = [span for span in guards if span.attributes.get(semconv.GUARD_VERDICT) in (Verdict.BLOCK, Verdict.CHANGE)]
    return {str(span.attributes.get(semconv.GUARD_NAME)) for span in stopped}


def _row(broken: Broken, revision: str, *, stopped: bool) -> dict[str, Any]:
    return {
        "run_id": broken.run_id,
        "revision": revision,
        "rule_id": broken.rule.id,
        "status": broken.rule.status.value,
        "span_id": broken.span_id,
        "event": broken.event,
        "words": broken.rule.message,
        "severity": broken.rule.severity,
        "stopped": stopped,
    }
