"""Rules against a stored failure: proposed from it, measured on the stored runs, kept as candidates."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from whyspan.rules.rule import Rule
from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.model import Status
from whyspan_analysis.rules.history import PastRun
from whyspan_analysis.rules.propose import Proposal, Rejected, propose
from whyspan_analysis.rules.stored import keep, kept_rules, past_runs

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

MEASURED_ON: Final = 2_000
"""Runs a proposal is measured on, the newest: they are held at once, some 50 KB each. `rules test` reads all, one after the other."""


class NotFailed(Exception):
    """The run did not fail, so there is nothing to make a rule against. The message says how it ended."""


def propose_from(store: "AnyStore", run_id: str, history: Iterable[PastRun]) -> tuple[list[Proposal], list[Rejected]]:
    """Rules against a stored run, best first, and those that were tried in vain.

    Args:
        store: where the run is.
        run_id: the run.
        history: the runs to measure on; see `MEASURED_ON`.

    Raises:
        NotFailed: the run did not fail.
    """
    diagnosis = diagnose_run(store, run_id)
    if diagnosis.outcome.status is not Status.FAILED:
        raise NotFailed(f"run {run_id} did not fail ({diagnosis.outcome.check}); rules are proposed from failures")
    runs = list(history)
    failed = next((run for run in runs if run.run_id == run_id), None)
    return propose(failed or next(past_runs(store, wanted=f"id:{run_id}")), diagnosis, runs)


def keep_proposals(
    store: "AnyStore", run_id: str, proposals: Sequence[Proposal], *, person: str | None = None, note: str | None = None
) -> None:
    """Keeps those that are not kept yet as candidates against the incident of the run, which outlives the run."""
    known = {rule.id for rule in kept_rules(store)}  # a rule that is in force must not become a candidate again
    incident = store.query("run", run_id=run_id)["signature"].to_pylist()[0]
    new = [_against(incident, proposal.rule) for proposal in proposals if proposal.rule.id not in known]
    keep(store, new, "proposed", person=person, note=note)


def _against(incident: str | None, rule: Rule) -> Rule:
    return replace(rule, proposed_from={**(rule.proposed_from or {}), "incident": incident})
