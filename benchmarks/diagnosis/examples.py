"""Labelled failures as the ranking sees them: candidate steps, the bits of each, its traits, and which of them is right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.diagnosis.failbench import Recorded
from benchmarks.faults import held_out
from benchmarks.faults.agents import AGENTS
from benchmarks.faults.generate import examples as generated
from whyspan_analysis.detectors import detect
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.model import Hypothesis, Run, Status
from whyspan_analysis.prior import BESIDE_CAUSE, is_prior
from whyspan_analysis.ranking import is_cause, rank
from whyspan_analysis.traits import TRAITS, read_traits

INJECTED_SEEDS = range(100, 103)
"""Worlds to fit on; the tables of `benchmarks.faults` are made of others."""


@dataclass(frozen=True, slots=True)
class Example:
    """One failed run."""

    group: str
    """Where it comes from: `whowhen/AG`, `injected/refunds`."""
    task: str
    """Runs of one task share it: cross-validation never splits them."""
    run_id: str
    hypotheses: list[Hypothesis]
    rest: np.ndarray
    """Bits of each candidate from all terms but the prior's."""
    traits: np.ndarray
    """candidates x TRAITS, as far as they count."""
    accused: bool
    """True when a detector found a cause: the prior is not fitted on such runs, and counts less."""
    right: np.ndarray
    """True for the candidates the label names."""


def ranked(run: Run) -> tuple[list[Hypothesis], dict[str, dict[str, float]]]:
    """Every candidate of a run and its traits, given that the run failed: labels say where it went wrong, not whether."""
    case = build_case(run)
    if case.outcome.status is not Status.FAILED:
        case.outcome = replace(case.outcome, status=Status.FAILED, explicit=False)
    return rank(case, detect(case)), read_traits(case)


def labelled(recorded: Iterable[Recorded], labels: dict[str, dict[str, Any]]) -> Iterator[Example]:
    """The runs of failbench whose label names a step."""
    for each in recorded:
        step = labels.get(each.run_id, {}).get("step")
        if step is not None:
            right = {span_id for span_id, own in each.span_steps.items() if own == step}
            yield _example(each.group, each.task_group, each.run_id, each.run, right)


def injected() -> Iterator[Example]:
    """Failed runs of the fault suite; types and agents held out from tuning are left out."""
    for agent in AGENTS:
        for seed in INJECTED_SEEDS if agent.name not in held_out.AGENTS else ():
            for number, each in enumerate(generated(agent, seed)):
                if each.kind == "failing" and each.told and each.fault and each.fault.id not in held_out.FAULTS:
                    task = f"{agent.name}/{seed}"
                    spans = each.spans | each.consumers
                    yield _example(f"injected/{agent.name}", task, f"{task}/{number}", each.run, spans)


def _example(group: str, task: str, run_id: str, run: Run, right: Iterable[str]) -> Example:
    hypotheses, by_span = ranked(run)
    hypotheses.sort(key=lambda each: run.order[each.span_id])  # so that ties fall to the earlier step
    rest = [sum(bits for reason, bits in each.unfold if not is_prior(reason)) for each in hypotheses]
    rows = [[by_span.get(each.span_id, {}).get(trait, 0.0) for trait in TRAITS] for each in hypotheses]
    named = set(right)
    accused = any(is_cause(finding) for each in hypotheses for finding in each.findings)
    return Example(
        group,
        task,
        run_id,
        hypotheses,
        np.array(rest),
        np.array(rows).reshape(-1, len(TRAITS)) * (BESIDE_CAUSE if accused else 1.0),
        accused,
        np.array([each.span_id in named for each in hypotheses], dtype=bool),
    )
