"""What could be done about an incident: the best rule against its best-evidenced run, with what it would have done to stored runs."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from whyspan.rules.rule import Rule
from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.incidents.model import Incident, Measure
from whyspan_analysis.report.model import ProposedRule
from whyspan_analysis.report.wording import count, percent
from whyspan_analysis.rules.history import Measured
from whyspan_analysis.rules.interval import wilson
from whyspan_analysis.rules.propose import Proposal, Rejected, propose
from whyspan_analysis.rules.stored import read_past
from whyspan_analysis.rules.words import in_words
from whyspan_analysis.stored import stored_diagnosis
from whyspan_collector.service import AnyStore

SPANS: Final = 9_000
"""Spans read to look for rules, the most frequent incidents first, which takes about six seconds; the last may read on."""
_FAILED: Final = 10
_PASSING: Final = 40
"""Runs a rule is measured on here, the newest; reading one of 60 spans takes 40 ms. `rules propose` takes 2,000, `rules test` all."""
_KEPT: Final = 100
"""Answers remembered: a dashboard builds the report again and again, mostly over the same runs."""
_COLUMNS: Final = ("run_id", "revision", "spans", "decisive_span_id")


def proposals(store: AnyStore, incidents: Sequence[Incident], runs: pl.DataFrame) -> list[ProposedRule]:
    """The best rule against each incident, or why there is none; of those beyond `SPANS` that none was looked for.

    Args:
        store: where the runs are.
        incidents: the most frequent first, with their best-evidenced runs.
        runs: those of the period, as `incidents.runs.read_runs` gives them.
    """
    found = []
    spans = 0
    for incident in incidents:
        known = _without_looking(incident)
        if known is None:
            measured_on = _measured_on(incident, runs)
            known = _best(store, incident, measured_on) if spans < SPANS else _UNSOUGHT
            spans += sum(run["spans"] for run in measured_on)
        found.append(known)
    return found


_UNSOUGHT: Final = ProposedRule(
    text="No rule was looked for: that takes reading the runs, and more frequent causes come first."
)


def _without_looking(incident: Incident) -> ProposedRule | None:
    """A rule that is kept already is not looked for again, nor one against what nobody knows."""
    kept = [each for each in (incident.prevention.measures if incident.prevention else ()) if each.kind == "rule"]
    if kept:
        return _kept(kept)
    if incident.parts.detector is None:
        return ProposedRule(text="No rule is proposed: no cause was found that one could speak of.")
    return None


def _best(store: AnyStore, incident: Incident, measured_on: list[dict[str, Any]]) -> ProposedRule:
    key = tuple((run["run_id"], run["revision"]) for run in measured_on)
    if key not in _answers:
        _answers[key] = _looked_for(store, incident.examples[0].run_id, measured_on)
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    return _answers[key]


_answers: OrderedDict[tuple[tuple[str, str], ...], ProposedRule] = OrderedDict()
"""By the runs they rest on, each with its revision."""


def _looked_for(store: AnyStore, shown: str, measured_on: list[dict[str, Any]]) -> ProposedRule:
    past = list(read_past(store, measured_on))
    failed = next((run for run in past if run.run_id == shown), None)
    if failed is None:
        return ProposedRule(text="No rule is proposed: the run that shows it best is gone.")
    diagnosis = stored_diagnosis(store, shown) or diagnose_run(store, shown)
    proposals, rejected = propose(failed, diagnosis, past)
    return _of(proposals[0], shown, len(past)) if proposals else _none(rejected)


def _measured_on(incident: Incident, runs: pl.DataFrame) -> list[dict[str, Any]]:
    """The run that shows the incident best, then the newest others of it and passing ones of its agents."""
    shown = incident.examples[0].run_id
    newest = runs.sort("at_ns", descending=True)
    failed = newest.filter((pl.col("incident") == incident.id) & (pl.col("run_id") != shown)).head(_FAILED)
    agents = runs.filter(pl.col("incident") == incident.id)["agent"].unique()
    passing = newest.filter(
        (pl.col("outcome") == "ok") & pl.col("agent").is_in(agents.implode(), nulls_equal=True)
    ).head(_PASSING)
    first = runs.filter(pl.col("run_id") == shown)
    return pl.concat([each.select(_COLUMNS) for each in (first, failed, passing)]).to_dicts()


def _of(proposal: Proposal, run_id: str, measured_on: int) -> ProposedRule:
    rule, measured = proposal.rule, proposal.measured
    sign = "" if proposal.detectors else " No finding speaks for it, only that it tells this failure from passing runs."
    return ProposedRule(
        rule_id=rule.id,
        run_id=run_id,
        measured_on=measured_on,
        stopped=f"{measured.stopped}/{measured.failed}",
        stopped_interval=wilson(measured.stopped, measured.failed),
        hit=f"{measured.hit}/{measured.passing}",
        hit_interval=wilson(measured.hit, measured.passing),
        text=(
            f"`{rule.id}` {_asks(rule)}. Of {count(measured_on, 'run')} it {_did(measured)}.{sign} "
            f"`whyspan rules propose {run_id[:12]}` shows and keeps it."
        ),
    )


def _asks(rule: Rule) -> str:
    """What it tells the agent, which reads better than its expression; a value that holds a backtick must not begin code."""
    words = f"would tell the agent “{rule.message.rstrip('.')}”" if rule.message else f"asks for {in_words(rule)}"
    return words.replace("`", "'")


def _did(measured: Measured) -> str:
    return (
        f"would have stopped {measured.stopped} of {count(measured.failed, 'failure')} "
        f"({_interval(measured.stopped, measured.failed)}) and hit {measured.hit} of {count(measured.passing, 'good run')} "
        f"({_interval(measured.hit, measured.passing)})"
    )


def _interval(some: int, every: int) -> str:
    if not every:
        return "none to measure on"
    lower, upper = wilson(some, every)
    return f"95 % interval {percent(lower)} to {percent(upper)}"


def _kept(rules: Sequence[Measure]) -> ProposedRule:
    told = [
        f"`{rule.name}` ({rule.status}) would have stopped {rule.stopped or 'what was not measured'} and hit {rule.hit or 'what was not measured'}"
        for rule in rules
    ]
    return ProposedRule(
        rule_id=rules[0].name, stopped=rules[0].stopped, hit=rules[0].hit, text=f"Kept already: {'; '.join(told)}."
    )


def _none(rejected: Iterable[Rejected]) -> ProposedRule:
    """Why nothing is proposed: what was tried, by the reason it was dropped for."""
    reasons = Counter(
        "would have hit too many good runs" if "would have hit" in each.why else each.why for each in rejected
    )
    if not reasons:
        return ProposedRule(
            text="No rule is proposed: nothing that a rule can speak of sets the failed run apart before it is too late."
        )
    told = "; ".join(f"of {number:,} {why}" for why, number in reasons.most_common())
    return ProposedRule(text=f"No rule is proposed. Tried: {count(reasons.total(), 'rule')}, {told}.")
