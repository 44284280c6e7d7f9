"""`python -m benchmarks.faults.calibrate`: the constants of `whyspan_analysis.calibration`, to be run when a detector or the ranking changes.

How far behind the first hypothesis a suspect may be, so that nine lists in ten hold the cause: calibrated on injected faults of
the kinds and agents that are not held out, measured on the rest. And how often each detector fires on passing runs.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.faults.bench import BY_NAME
from benchmarks.faults.generate import examples
from benchmarks.faults.judging import Row, judge
from benchmarks.faults.measure import Share, share
from whyspan_analysis.detectors import BY_NAME as BY_DETECTOR
from whyspan_analysis.diagnose import ANALYSIS_VERSION
from whyspan_analysis.suspects import MOST

SEEDS = range(200, 206)
"""Worlds of which the even ones calibrate and the odd ones measure; the tables and the prior are made of others."""
COVERAGE = 0.9
TARGETS = [0.9 + 0.005 * step for step in range(20)]
"""Shares tried for the calibration itself, up to 0.995."""
ENOUGH = 5
"""Lists of one kind without which its share says nothing."""
TARGET = Path(__file__).parents[2] / "analysis" / "whyspan_analysis" / "calibration.json"


def farthest(rows: Sequence[Row]) -> float | None:
    """How far behind the first a suspect may be, so that lists of what it was not calibrated on hold the operation often enough.

    The share demanded of the calibration is raised until `COVERAGE` of the lists hold it for every kind of fault, and for every agent,
    that is left out in turn.
    """
    for target in TARGETS:
        if all(_worst(rows, target, of) >= COVERAGE for of in ("fault", "agent")):
            return bits(rows, target)
    return None


def _worst(rows: Sequence[Row], target: float, of: str) -> float:
    """The smallest share of lists that hold the operation of one fault, or agent, made without its runs; of `ENOUGH` lists at least."""
    shares = [1.0]
    for kind in {getattr(row, of) for row in rows}:
        most = bits([row for row in rows if getattr(row, of) != kind], target)
        if most is None:
            return 0.0
        shown = [row for row in rows if getattr(row, of) == kind and _length(row, most) <= MOST]
        if len(shown) >= ENOUGH:
            shares.append(sum(_covers(row, most) for row in shown) / len(shown))
    return min(shares)


def bits(rows: Sequence[Row], target: float) -> float | None:
    """The fewest bits behind the first at which a share `target` of the lists that are shown hold the operation.

    Conformal: with n lists shown, ceil(target (n + 1)) of them must. A list of more than `MOST` steps is not shown.
    """
    for most in sorted({row.behind for row in rows if row.behind is not None}):
        shown = [row for row in rows if _length(row, most) <= MOST]
        covered = sum(_covers(row, most) for row in shown)
        if shown and covered >= math.ceil(target * (len(shown) + 1)):
            return most
    return None


def _length(row: Row, limit: float) -> int:
    return sum(row.scores[0] - score <= limit for score in row.scores)


def _covers(row: Row, limit: float) -> bool:
    return row.behind is not None and row.behind <= limit


def measured(rows: Iterable[Row], limits: dict[str, float | None]) -> tuple[Share, Share, float]:
    """The share of runs that get a list, the share of these that holds the operation, and their mean length."""
    every = list(rows)
    pairs = [
        (row, limit) for row in every if (limit := limits.get(row.grade)) is not None and _length(row, limit) <= MOST
    ]
    lists = {id(row): limit for row, limit in pairs}
    shown = [row for row, _ in pairs]
    length = sum(_length(row, limit) for row, limit in pairs) / max(1, len(pairs))
    return (
        share(every, lambda row: float(id(row) in lists)),
        share(shown, lambda row: float(_covers(row, lists[id(row)]))),
        length,
    )


def _judged(world: tuple[str, int]) -> list[Row]:
    agent, seed = world
    return [judge(example) for example in examples(BY_NAME[agent], seed)]


def main() -> None:
    """Calibrate, measure, print, and write the constants into the package."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.calibrate", description=__doc__)
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--dry", action="store_true", help="print only")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as processes:
        every = [row for found in processes.map(_judged, product(BY_NAME, SEEDS)) for row in found]
    rows = [row for row in every if row.kind == "failing" and row.status == "failed"]
    calibration = [row for row in rows if not row.held_out and row.seed % 2 == 0]
    groups = {grade: [row for row in calibration if row.grade == grade] for grade in ("strong", "likely", "suspect")}
    limits = {grade: farthest(group) for grade, group in groups.items()}
    print("| failed runs | get a list | it holds the operation | mean length |\n|---|---|---|---|")
    sets = {
        "calibration": calibration,
        "other worlds": [row for row in rows if not row.held_out and row.seed % 2],
        "held-out faults and agents": [row for row in rows if row.held_out],
    }
    for grade in groups:
        sets[f"held out, {grade}"] = [row for row in rows if row.held_out and row.grade == grade]
    for name, group in sets.items():
        given, covered, length = measured(group, limits)
        print(f"| {name} | {given} | {covered} | {length:.1f} |")
    document = {
        "calibrated_by": "benchmarks/faults/calibrate.py",
        "on": datetime.now(UTC).date().isoformat(),
        "analysis_version": ANALYSIS_VERSION,
        "seeds": [SEEDS.start, SEEDS.stop - 1],
        "suspects": _suspects(groups, limits, sets["held-out faults and agents"]),
        "passing": _passing([row for row in every if row.kind != "failing" and not row.held_out]),
    }
    print(json.dumps(document, indent=2))
    if not options.dry:
        TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _suspects(groups: dict[str, list[Row]], limits: dict[str, float | None], held: Sequence[Row]) -> dict[str, Any]:
    return {
        "coverage": COVERAGE,
        "bits": {grade: None if most is None else round(most + 5e-4, 3) for grade, most in limits.items()},
        "runs": {grade: len(group) for grade, group in groups.items()},
        "held_out": {grade: _held_out([row for row in held if row.grade == grade], limits) for grade in groups},
    }


def _held_out(rows: Sequence[Row], limits: dict[str, float | None]) -> dict[str, Any]:
    _, covered, length = measured(rows, limits)
    return {
        "runs": len(rows),
        "lists": covered.of,
        "covered": round(covered.hits / max(1, covered.of), 3),
        "interval": [round(covered.low, 3), round(covered.high, 3)],
        "mean_length": round(length, 2),
    }


def _passing(rows: Sequence[Row]) -> dict[str, Any]:
    """How often each detector finds an unrecovered cause in a run that passed; half a run is added, so that none is 0."""
    fired = Counter(detector for row in rows for detector in row.fired)
    rates = {name: round((fired[name] + 0.5) / (len(rows) + 1), 4) for name in sorted(BY_DETECTOR)}
    return {"runs": len(rows), "rates": rates}


if __name__ == "__main__":
    main()
