"""From one diagnosed failure to rules against it, each measured on the stored runs before anybody sees it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from whyspan.rules.evaluation import Evaluation
from whyspan.rules.rule import CompiledRule, Rule, compile_rule
from whyspan_analysis.model import Diagnosis, Status
from whyspan_analysis.rules.customs import Customs, learn
from whyspan_analysis.rules.history import Measured, PastRun, measure, stops
from whyspan_analysis.rules.ideas import IDEAS, Idea, Rung, moments
from whyspan_analysis.rules.interval import wilson

BUDGET: Final = 0.02
"""Share of good runs a rule may hit, by the upper end of its 95 % interval; a rule that hits none may always stay."""
MAX_RUNGS: Final = 200
"""Rules tried for one failure."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate rule, with how it came about and what it did on stored runs."""

    rule: Rule
    idea: str
    level: str
    detectors: tuple[str, ...]
    """The detectors that had found what it is a rule against; empty where only the sign itself speaks for it."""
    measured: Measured


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rule that was tried and is not proposed."""

    rule: Rule
    level: str
    why: str


def propose(failed: PastRun, diagnosis: Diagnosis, others: Sequence[PastRun]) -> tuple[list[Proposal], list[Rejected]]:
    """Rules against a failure, best first, and those that were tried in vain.

    Of each idea the most general rung stays that stops the failed run in time and spares the passing ones.

    Args:
        failed: the run.
        diagnosis: why it failed; ideas its first hypothesis speaks for come first.
        others: stored runs to measure on.
    """
    if failed.status is not Status.FAILED:
        return [], []
    passing = [run for run in others if run.status is Status.OK]
    spoke = tuple(dict.fromkeys(f.detector for h in diagnosis.hypotheses[:1] for f in h.findings))
    rungs = _rungs(failed, learn(passing))
    rules = [compile_rule(_named(idea, rung.rule, diagnosis, spoke)) for idea, rung in rungs]
    in_time = [_stops(rule, failed) for rule in rules]
    measured = measure(rules, [failed, *(run for run in others if run.run_id != failed.run_id)])
    proposals: list[Proposal] = []
    rejected: list[Rejected] = []
    done: set[str] = set()
    for (idea, rung), rule, early, found in zip(rungs, rules, in_time, measured, strict=True):
        if idea.name in done:
            continue
        why = _against(early, found)
        if why is not None:
            rejected.append(Rejected(rule.rule, rung.level, why))
            continue
        done.add(idea.name)
        with_evidence = replace(rule.rule, evidence={"level": rung.level, **found.record()})
        proposals.append(Proposal(with_evidence, idea.name, rung.level, tuple(idea.detectors & set(spoke)), found))
    proposals.sort(key=lambda proposal: (not proposal.detectors, -proposal.measured.stopped, proposal.measured.hit))
    return proposals, rejected


def _rungs(failed: PastRun, customs: Customs) -> list[tuple[Idea, Rung]]:
    """Every rule that some moment of the run suggests, most general first within each idea; equal ones once."""
    found: dict[tuple[str, str, str | None, str], tuple[Idea, Rung]] = {}
    for moment in moments(failed):
        for idea in IDEAS:
            for rung in idea.look(moment, customs):
                key = (rung.rule.kind, rung.rule.a, rung.rule.b, str(rung.rule.scope))
                found.setdefault(key, (idea, rung))
    order = list(found.values())[:MAX_RUNGS]
    return sorted(order, key=lambda pair: (IDEAS.index(pair[0]), _LEVELS.index(pair[1].level)))


_LEVELS: Final = ("any tool", "tools that change something", "this tool", "this field", "this value")


def _named(idea: Idea, rule: Rule, diagnosis: Diagnosis, spoke: tuple[str, ...]) -> Rule:
    says = "|".join((rule.kind, rule.a, rule.b or "", str(rule.scope)))
    first = diagnosis.hypotheses[0] if diagnosis.hypotheses else None
    made_from = {
        "run": diagnosis.run_id,
        "span": first.span_id if first is not None else None,
        "detectors": sorted(idea.detectors & set(spoke)),
    }
    name = f"{idea.name}-{hashlib.sha256(says.encode()).hexdigest()[:8]}"
    return replace(rule, id=name, proposed_from=made_from)


def _stops(rule: CompiledRule, run: PastRun) -> bool:
    """True when the rule's first violation can still be stopped, and stopping it helps."""
    evaluation = Evaluation([rule])
    for event in run.stream:
        if violations := evaluation.observe(event):
            return stops(violations[0], run)
    return False


def _against(early: bool, measured: Measured) -> str | None:
    """Why a rule is not proposed; None when nothing speaks against it."""
    if not early:
        return "it does not stop the failed run before the point of no return"
    if measured.hit and wilson(measured.hit, measured.passing)[1] > BUDGET:
        return f"it would have hit {measured.hit} of {measured.passing} good runs"
    return None
