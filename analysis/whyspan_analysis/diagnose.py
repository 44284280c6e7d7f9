"""The pipeline from a run to its diagnosis. Pure: the same run and rates always give the same diagnosis."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from whyspan_analysis.captures import cannot_tell
from whyspan_analysis.case import Case
from whyspan_analysis.contradictions import contradicted
from whyspan_analysis.decisions import read_decisions
from whyspan_analysis.detectors import detect
from whyspan_analysis.last_chance import last_chance
from whyspan_analysis.lineage import Lineage
from whyspan_analysis.model import Diagnosis, Finding, Grade, Run, Status
from whyspan_analysis.outcome import judge
from whyspan_analysis.outside import changes
from whyspan_analysis.ranking import rank
from whyspan_analysis.reconstruct import read_steps
from whyspan_analysis.suspects import suspects
from whyspan_analysis.weights import Firing, weighed
from whyspan_analysis.words import chain, verdict

ANALYSIS_VERSION = "11"
"""Changes whenever the same spans may get another diagnosis; stored diagnoses of other versions are made anew."""

MAX_HYPOTHESES = 8
"""Shown and stored: a person reads three, and of the decisive steps of labelled failures one in five lies beyond eight."""


def diagnose(
    run: Run, firing: Mapping[str, Firing] = MappingProxyType({}), siblings: Sequence[Case] | None = None
) -> Diagnosis:
    """Why a run went wrong: its outcome, findings, ranked hypotheses and the causal chain.

    Args:
        run: the run.
        firing: detector -> how often it fires on runs of this agent; detectors that are not in it weigh what they usually do.
        siblings: passing runs of the same task to hold a failed run beside, the nearest first; None: nobody looked for any.
    """
    case, found = examine(run, siblings or ())
    findings = weighed(found, firing)
    ranked = rank(case, findings)
    hypotheses = ranked[:MAX_HYPOTHESES]
    chance = last_chance(case, hypotheses)
    held = None if siblings is None else [sibling.run.run_id for sibling in siblings]
    return Diagnosis(
        run_id=run.run_id,
        outcome=case.outcome,
        grade=hypotheses[0].grade if hypotheses else Grade.NONE,
        verdict=verdict(case, hypotheses),
        hypotheses=hypotheses,
        findings=findings,
        chain=chain(case, hypotheses, chance),
        decisions=case.decisions,
        missing=run.missing,
        cannot_tell=cannot_tell(run, case.steps) if case.outcome.status is Status.FAILED else [],
        suspects=suspects(ranked),
        last_chance=chance,
        siblings=held if case.outcome.status is Status.FAILED else None,
        changed_outside=changes(case.actions),
        tools=frozenset(action.name for action in case.actions),
        agents=frozenset(agent or "" for agent in case.steps.agents.values()),
    )


def examine(run: Run, siblings: Sequence[Case] = ()) -> tuple[Case, list[Finding]]:
    """The case of a run and all findings; where one shows that the run failed that seemed to have ended well, both say so."""
    case = build_case(run, siblings)
    findings = detect(case)
    if (outcome := contradicted(case.outcome, findings)) is not None:
        case.outcome = outcome
        findings = detect(case)
    return case, findings


def build_case(run: Run, siblings: Sequence[Case] = ()) -> Case:
    """Everything the detectors look at: the run's steps, decisions, values and outcome, and what it is held beside."""
    steps = read_steps(run)
    lineage = Lineage(run, steps)
    return Case(run, steps, read_decisions(run, steps), lineage, judge(run, steps, lineage), siblings)
