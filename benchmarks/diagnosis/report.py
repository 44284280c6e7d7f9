"""Where labelled failures went wrong: the ranking, what it is made of, and rules that know nothing, in one table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np

from benchmarks.diagnosis.examples import Example, injected, labelled
from benchmarks.diagnosis.failbench import Recorded, read_labels, read_runs
from benchmarks.diagnosis.rules import RULES
from benchmarks.diagnosis.train import Weights, cross_validated, order
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Grade, Status
from whyspan_analysis.prior import weights as shipped
from whyspan_analysis.traits import TRAITS

RESAMPLES = 2000
OURS = "**Whyspan, cross-validated**"
CERTAIN = (Grade.LIKELY, Grade.STRONG)

Places = dict[str, float]
"""Run id -> where a method places the right step, from 1; infinite where it is not named."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over runs and the middle 95 % of what resampled runs give."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """`.64 [.55, .73]`."""
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]".replace("0.", ".")


def figure(values: Sequence[float]) -> Figure:
    """Bootstrap over runs."""
    rng = Random(0)
    draws = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Figure(fmean(values), draws[int(0.025 * RESAMPLES)], draws[int(0.975 * RESAMPLES) - 1])


def report(runs: Path, labels: Path) -> Iterator[str]:
    """The lines of the report."""
    recorded = list(read_runs(runs))
    named = read_labels(labels)
    own = list(labelled(recorded, named))
    methods = dict(_rankings(own, [*own, *injected()]))
    steps = {each.run_id: each for each in recorded}
    for rule, ranks in RULES.items():
        methods[rule] = {
            each.run_id: _place(ranks(steps[each.run_id].steps), named[each.run_id]["step"]) for each in own
        }
    groups = sorted({each.group for each in own})
    yield "| | " + " | ".join(f"{group}, {sum(each.group == group for each in own)} runs" for group in groups) + " |"
    yield "|---" * (len(groups) + 1) + "|"
    for method, places in methods.items():
        yield f"| {method} | " + " | ".join(_cell(places, own, group) for group in groups) + " |"
    yield ""
    yield from _paired(methods, own, groups)
    yield ""
    yield from _detection(recorded, {run_id: label.get("reward") for run_id, label in named.items()})


def _rankings(own: Sequence[Example], every: Sequence[Example]) -> Iterator[tuple[str, Places]]:
    """The ranking under weights that saw no run of the same task, and with parts of it taken away."""
    mine = {each.run_id for each in own}

    def validated(examples: Sequence[Example]) -> Places:
        return _places((each, weights) for each, weights in cross_validated(examples) if each.run_id in mine)

    yield OURS, validated(every)
    yield "as shipped, fitted on these runs too", _places((each, shipped()) for each in own)
    yield "without detectors", validated([replace(each, rest=np.zeros_like(each.rest)) for each in every])
    yield "without the prior", _places((each, dict.fromkeys(TRAITS, 0.0)) for each in own)
    yield "without the injected failures", validated(own)
    for trait, words in TRAITS.items():
        others = np.array([other != trait for other in TRAITS])
        yield f"without “{words}”", validated([replace(each, traits=each.traits * others) for each in every])


def _places(ranked: Iterable[tuple[Example, Weights]]) -> Places:
    places = {}
    for each, weights in ranked:
        right = [place for place, position in enumerate(order(each, weights), start=1) if each.right[position]]
        places[each.run_id] = float(right[0]) if right else float("inf")
    return places


def _place(ranking: Sequence[int], step: int) -> float:
    return float(ranking.index(step) + 1) if step in ranking else float("inf")


def _cell(places: Places, own: Sequence[Example], group: str) -> str:
    mine = [places[each.run_id] for each in own if each.group == group]
    shares = "/".join(f"{100 * fmean(float(place <= count) for place in mine):.0f}" for count in (1, 3))
    return f"{shares} · {figure([1 / place for place in mine])}"


def _paired(methods: dict[str, Places], own: Sequence[Example], groups: Sequence[str]) -> Iterator[str]:
    """Against the best rule of each group, run by run."""
    ours = methods[OURS]
    measures: dict[str, Callable[[float], float]] = {"MRR": lambda p: 1 / p, "top-3": lambda p: float(p <= 3)}
    yield "| gain over the best rule of each group | all runs | without tau airline |"
    yield "|---|---|---|"
    for name, measure in measures.items():
        gains = {}
        for group in groups:
            mine = [each.run_id for each in own if each.group == group]
            best = max(RULES, key=lambda rule: fmean(measure(methods[rule][run_id]) for run_id in mine))
            gains.update({run_id: measure(ours[run_id]) - measure(methods[best][run_id]) for run_id in mine})
        rest = [gain for run_id, gain in gains.items() if not run_id.startswith("tau_airline")]
        yield f"| {name} | {figure(list(gains.values()))} | {figure(rest)} |"


def _detection(recorded: Sequence[Recorded], rewards: dict[str, float | None]) -> Iterator[str]:
    """Runs whose outcome the labels know: how many are called failed."""
    rows = []
    for each in recorded:
        reward = rewards.get(each.run_id)
        if reward is not None:
            found = diagnose(each.run)
            failed = found.outcome.status is Status.FAILED
            rows.append((reward < 1, failed and found.grade in CERTAIN, failed and found.grade is Grade.STRONG))
    if rows:
        yield "| runs whose outcome is known | runs | likely or strong | strong |"
        yield "|---|---|---|---|"
        for kind, wanted in (("failed", True), ("passing", False)):
            of = [row for row in rows if row[0] is wanted]
            yield f"| {kind} | {len(of)} | {sum(row[1] for row in of)} | {sum(row[2] for row in of)} |"
