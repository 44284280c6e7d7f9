"""`python -m benchmarks.faults.contrast`: what passing runs of the same task are worth to the diagnosis of a failed one.

The same failing runs without and beside passing ones of their world. All of them have noise of their own (`noise`), so that two
runs differ in more than the fault.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product

from benchmarks.faults import held_out
from benchmarks.faults.bench import BY_NAME
from benchmarks.faults.fault import FAULTS
from benchmarks.faults.generate import Example, examples, siblings
from benchmarks.faults.measure import Share, share
from whyspan_analysis.case import Case
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.ranking import rank

SEEDS = 3
BESIDE = (0, 1, 2, 3, 5)
"""Passing runs the failed one is held beside."""


@dataclass(slots=True)
class Row:
    """One run, diagnosed beside each number of passing ones."""

    agent: str
    seed: int
    fault: str | None
    mechanical: bool
    kind: str
    told: bool
    grades: dict[int, str] = field(default_factory=dict)
    ranks: dict[int, int | None] = field(default_factory=dict)

    @property
    def held_out(self) -> bool:
        """True when its fault or its agent is held out from tuning."""
        return self.fault in held_out.FAULTS or self.agent in held_out.AGENTS


def judged(world: tuple[str, int]) -> list[Row]:
    """The examples of one world whose outcome is recorded, the passing ones too."""
    agent, seed = world
    beside: dict[str, list[Case]] = {}
    found = []
    for example in examples(BY_NAME[agent], seed, 1):
        if example.style not in beside:
            runs = siblings(BY_NAME[agent], seed, example.style, told=True, count=max(BESIDE))
            beside[example.style] = [build_case(run) for run in runs]
        if example.told:
            found.append(_row(example, beside[example.style]))
    return found


def _row(example: Example, beside: Sequence[Case]) -> Row:
    fault = example.fault
    row = Row(
        example.agent,
        example.seed,
        fault.id if fault is not None else None,
        bool(fault and fault.mechanical),
        example.kind,
        example.told,
    )
    accepted = example.spans | example.consumers
    for count in BESIDE:
        diagnosis = diagnose(example.run, siblings=beside[:count])
        row.grades[count] = diagnosis.grade.value
        if example.kind == "failing":
            case = build_case(example.run, beside[:count])
            named = (hypothesis.span_id for hypothesis in rank(case, diagnosis.findings))
            row.ranks[count] = next(
                (place for place, span_id in enumerate(named, start=1) if span_id in accepted), None
            )
    return row


def report(rows: Sequence[Row]) -> Iterator[str]:
    """The tables."""
    failing = [row for row in rows if row.kind == "failing"]
    passing = [row for row in rows if row.kind != "failing"]
    groups = {
        "all": failing,
        "not held out": [row for row in failing if not row.held_out],
        "held out": [row for row in failing if row.held_out],
        "held-out faults": [row for row in failing if row.fault in held_out.FAULTS],
        "held-out agents": [row for row in failing if row.agent in held_out.AGENTS],
        "mechanical": [row for row in failing if row.mechanical],
        "not mechanical": [row for row in failing if not row.mechanical],
    }
    for most in (1, 3):
        yield from _table(f"top-{most}, beside so many passing runs of the task", *map(str, BESIDE))
        for name, some in groups.items():
            yield _line(name, *(_named(some, count, most) for count in BESIDE))
    yield from _table(
        "beside",
        "failing runs graded strong",
        "first right",
        "graded likely",
        "first right",
        "passing runs likely or stronger",
    )
    for count in BESIDE:
        cells = [str(count)]
        for grade in ("strong", "likely"):
            got = [row for row in failing if row.grades[count] == grade]
            cells += [str(share(failing, lambda row: float(row.grades[count] == grade))), str(_named(got, count, 1))]  # noqa: B023 - called at once
        accused = share(passing, lambda row: float(row.grades[count] in ("strong", "likely")))  # noqa: B023 - called at once
        yield _line(*cells, str(accused))
    yield from _table("fault", "alone: top-1", f"beside {max(BESIDE)}")
    for fault in sorted({row.fault for row in failing if row.fault and not row.held_out}):
        some = [row for row in failing if row.fault == fault and not row.held_out]
        yield _line(f"{fault} {FAULTS[fault].name}", _named(some, 0, 1), _named(some, max(BESIDE), 1))


def _named(rows: Sequence[Row], count: int, most: int) -> Share:
    return share(rows, lambda row: float((row.ranks[count] or most + 1) <= most))


def _table(*heads: str) -> Iterator[str]:
    yield ""
    yield _line(*heads)
    yield "|" + "---|" * len(heads)


def _line(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Generate, diagnose, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.contrast", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="worlds of each agent")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them")
    options = parser.parse_args()
    worlds = product(BY_NAME, range(options.first, options.first + options.seeds))
    with ProcessPoolExecutor(2) as processes:
        rows = [row for some in processes.map(judged, worlds) for row in some]
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
