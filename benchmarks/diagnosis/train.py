"""Fits the prior of the ranking: `python -m benchmarks.diagnosis.train --failbench RUNS_DIR --labels LABELS_DIR`.

A conditional logistic model: within each run, the right step should score above the others, on top of what the other
terms of the score already say. Weights are penalised (L2, on traits scaled to unit deviation) and written in bits.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np

from benchmarks.diagnosis.examples import Example, injected, labelled
from benchmarks.diagnosis.failbench import read_labels, read_runs
from whyspan_analysis.traits import TRAITS

PENALTY = 8.0
"""As much as 8 runs that know nothing; between 4 and 16 the cross-validated figures do not change."""
COUNTS_AS = {"injected": 0.3, "tau_airline": 0.5}
"""Weight of a run by its source: injected failures resemble each other, and tau airline's labels, made by a program,
are changes of the database without exception."""
FOLDS = 10
"""Of the injected failures; of the public ones each task is left out by itself, for the luck of ten folds moves MRR by .03."""
TARGET = Path(__file__).parents[2] / "analysis" / "whyspan_analysis" / "prior.json"

Weights = dict[str, float]


def fit(examples: Sequence[Example], penalty: float = PENALTY) -> Weights:
    """Trait -> bits per unit, by damped Newton steps on the penalised log-likelihood.

    Injected failures in which a detector accuses a step are left out: the prior is for the others.
    """
    usable = [each for each in examples if each.right.any() and not (each.accused and _is_injected(each))]
    scale = np.concatenate([each.traits for each in usable]).std(axis=0)
    scale[scale == 0] = np.inf  # a trait nobody has keeps a weight of 0
    runs = [_Scaled(each, scale) for each in usable]
    weights = np.zeros(len(TRAITS))
    value = _value(runs, weights, penalty)
    for _ in range(50):
        step, length = _step(runs, weights, penalty), 1.0
        while length > 1e-4 and _value(runs, weights + length * step, penalty) < value:
            length /= 2
        weights = weights + length * step
        before, value = value, _value(runs, weights, penalty)
        if value - before < 1e-6:
            break
    return {trait: float(bits) for trait, bits in zip(TRAITS, weights / scale / log(2), strict=True)}


def _is_injected(example: Example) -> bool:
    return example.group.startswith("injected/")


class _Scaled:
    """One run with its traits in units of their deviation and its other terms in nats."""

    def __init__(self, example: Example, scale: np.ndarray) -> None:
        self.traits = example.traits / scale
        self.rest = example.rest * log(2)
        self.right = example.right
        self.counts = COUNTS_AS.get(example.group.split("/")[0], 1.0)

    def chances(self, weights: np.ndarray) -> np.ndarray:
        scores = self.traits @ weights + self.rest
        chances = np.exp(scores - scores.max())
        total: np.ndarray = chances / chances.sum()
        return total


def _value(runs: Sequence[_Scaled], weights: np.ndarray, penalty: float) -> float:
    gained = sum(run.counts * log(max(run.chances(weights)[run.right].sum(), 1e-300)) for run in runs)
    return float(gained - penalty / 2 * float(weights @ weights))


def _step(runs: Sequence[_Scaled], weights: np.ndarray, penalty: float) -> np.ndarray:
    """Newton's step."""
    slope, curvature = -penalty * weights, penalty * np.eye(len(weights))
    for run in runs:
        chances = run.chances(weights)
        mean = chances @ run.traits
        right = chances * run.right
        slope += run.counts * (right / right.sum() @ run.traits - mean)
        curvature += run.counts * ((run.traits.T * chances) @ run.traits - np.outer(mean, mean))
    return np.linalg.solve(curvature, slope)


def order(example: Example, weights: Weights) -> list[int]:
    """Positions of the candidates, best first, under these weights."""
    scores = example.rest + example.traits @ np.array([weights[trait] for trait in TRAITS])
    return [int(place) for place in np.argsort(-scores, kind="stable")]


def cross_validated(examples: Sequence[Example]) -> Iterator[tuple[Example, Weights]]:
    """Each example with weights fitted on no run of its task."""
    injected_tasks = sorted({each.task for each in examples if _is_injected(each)})
    fold = {task: task for task in {each.task for each in examples}}
    fold.update({task: str(number % FOLDS) for number, task in enumerate(injected_tasks)})
    for left_out in sorted(set(fold.values())):
        weights = fit([each for each in examples if fold[each.task] != left_out])
        yield from ((each, weights) for each in examples if fold[each.task] == left_out)


def main() -> None:
    """Fit on every labelled run and write the weights into the package."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis.train", description=__doc__)
    parser.add_argument("--failbench", type=Path, required=True, metavar="RUNS_DIR")
    parser.add_argument("--labels", type=Path, required=True, metavar="LABELS_DIR")
    options = parser.parse_args()
    examples = [*labelled(read_runs(options.failbench), read_labels(options.labels)), *injected()]
    document = {
        "fitted_by": "benchmarks/diagnosis/train.py",
        "on": datetime.now(UTC).date().isoformat(),
        "runs": dict(sorted(Counter(each.group for each in examples).items())),
        "penalty": PENALTY,
        "counts_as": COUNTS_AS,
        "bits": {trait: round(bits, 3) for trait, bits in fit(examples).items()},
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(TARGET.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
