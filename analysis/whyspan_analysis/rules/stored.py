"""Rules and the store: stored runs to measure on, the rules that are kept there, and what is done with them."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from whyspan.rules.rule import CompiledRule, Rule, RuleStatus, activated, record_of, rule_from
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.load import load_runs
from whyspan_analysis.rules.history import PastRun, past_run
from whyspan_analysis.rules.scoped import narrowed
from whyspan_collector.portions import portions
from whyspan_collector.rule_events import Action, RuleEvent

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

_ACTIONS: Final[dict[RuleStatus, Action]] = {RuleStatus.ACTIVE: "activated", RuleStatus.SHADOW: "shadowed"}


def past_runs(
    store: "AnyStore",
    *,
    since_ns: int | None = None,
    wanted: str = "",
    limit: int | None = None,
    rules: Sequence[CompiledRule] = (),
) -> Iterator[PastRun]:
    """The stored runs, newest first, read in portions.

    Args:
        store: where they are.
        since_ns: only those that began then or later, nanoseconds since the epoch.
        wanted: only those this filter holds for (docs/filter.md).
        limit: at most so many.
        rules: where given, runs in which none of them has an event in scope may be left out: they count for nothing.
    """
    within = {"since_ns": since_ns, "filter": wanted, "limit": limit, **narrowed(store, rules)}
    yield from read_past(store, store.query("past_runs", **within).to_pylist())


def read_past(store: "AnyStore", rows: Iterable[dict[str, Any]]) -> Iterator[PastRun]:
    """The runs of these rows (run_id, spans, decisive_span_id), in their order, read in portions; without those that have no spans."""
    for some in portions(rows):
        runs = load_runs(store, [row["run_id"] for row in some])
        for row in some:
            run = runs.get(row["run_id"])
            if run is None or not run.spans:
                continue
            decisive = row["decisive_span_id"]
            yield past_run(build_case(run), decisive if decisive in run.order else None)


def kept_rules(store: "AnyStore") -> list[Rule]:
    """The rules the store keeps, as they are now, by id."""
    return [rule_from(json.loads(row["record"])) for row in store.query("rules").to_pylist()]


def keep(
    store: "AnyStore", rules: Sequence[Rule], action: Action, *, person: str | None = None, note: str | None = None
) -> None:
    """Records what happened to rules: from now on they are as given."""
    for rule in rules:
        record = json.dumps(record_of(rule), ensure_ascii=False, sort_keys=True)
        store.record_rule_event(RuleEvent(time.time_ns(), rule.id, action, record, person, note))


def set_status(store: "AnyStore", rule: Rule, status: RuleStatus, person: str, note: str | None = None) -> Rule:
    """Puts a rule into shadow or makes it active, in this person's name. Returns it as it is then."""
    changed = activated(rule, person, status)
    keep(store, [changed], _ACTIONS[status], person=person, note=note)
    return changed
