"""`python -m benchmarks.faults.pairs`: does comparing a failed run with the same run without the fault lead to the operation that went wrong?"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

from benchmarks.faults import held_out
from benchmarks.faults.bench import BY_NAME
from benchmarks.faults.fault import FAULTS
from benchmarks.faults.generate import examples
from benchmarks.faults.measure import share
from benchmarks.faults.recording import record
from benchmarks.faults.running import execute
from whyspan_analysis.compare import Comparison, compare
from whyspan_analysis.compare.differences import Difference
from whyspan_analysis.diagnose import diagnose

SEEDS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One failed run beside its clean one, and whether each answer is the operation that went wrong."""

    agent: str
    seed: int
    fault: str
    first: bool
    choice: bool
    either: bool
    diagnosed: bool
    """What the diagnosis of the failed run alone says, for comparison."""
    miss: str

    @property
    def held_out(self) -> bool:
        """True when its fault or its agent is held out from tuning."""
        return self.fault in held_out.FAULTS or self.agent in held_out.AGENTS


def rows(world: tuple[tuple[str, int], int]) -> list[Row]:
    """All failing runs of one world, each beside the clean run of the world so many seeds on."""
    (agent, seed), apart = world
    return list(_rows(agent, seed, seed + apart))


def _rows(agent: str, seed: int, beside: int) -> Iterator[Row]:
    clean = execute(BY_NAME[agent], beside)
    for example in examples(BY_NAME[agent], seed):
        if example.kind == "failing" and example.fault is not None:
            other = record(clean.spans, beside, example.style, outcome=example.told)
            found = compare(example.run, other)
            accepted = example.spans | example.consumers
            alone = diagnose(example.run).hypotheses[:1]
            first, choice = (_named(one) & accepted for one in (found.first, found.first_choice))
            label = ", ".join(f"{example.run.span(each).name} @{example.run.order[each]}" for each in example.spans)
            miss = f"{agent}/{seed} {example.fault.id} {example.style}: {label}; named {_words(found)}"
            yield Row(
                agent, seed, example.fault.id, bool(first), bool(choice), bool(first | choice),
                bool(alone and alone[0].span_id in accepted), miss,
            )  # fmt: skip


def _named(difference: Difference | None) -> set[str]:
    """The spans of the failed run a difference names: its own, those its tools ran in, the one that did not happen after."""
    here = (difference.here or difference.instead) if difference is not None else None
    if here is None:
        return set()
    return {here.span_id} | {action.span_id for action in here.actions}


def _words(found: Comparison) -> str:
    told = []
    for each in (found.first, found.first_choice):
        moment = each and (each.here or each.instead)
        told.append(f"{each.kind} {moment.kind} {moment.name} @{moment.order}" if each and moment else "nothing")
    return " / ".join(told)


def main() -> None:
    """Compares, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.pairs", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="also each miss that is not held out")
    parser.add_argument("--agents", nargs="*", choices=sorted(BY_NAME), default=sorted(BY_NAME))
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="worlds of each agent")
    parser.add_argument(
        "--apart",
        type=int,
        default=0,
        metavar="N",
        help="beside a clean run of another task, that of the world N seeds on",
    )
    options = parser.parse_args()
    with ProcessPoolExecutor(1) as processes:
        worlds = product(product(options.agents, range(options.seeds)), [options.apart])
        found = [row for some in processes.map(rows, worlds) for row in some]
    if options.misses:
        print("\n".join(row.miss for row in found if not row.either and not row.held_out))
    groups = {"all": found, "held out": [row for row in found if row.held_out]}
    for row in sorted(found, key=lambda row: row.fault):
        groups.setdefault(f"{row.fault} {FAULTS[row.fault].name}", []).append(row)
    print("| failed runs | first difference | first choice | one of them | diagnosis alone |\n|---|---|---|---|---|")
    for name, some in groups.items():
        shares = (share(some, _hit(field)) for field in ("first", "choice", "either", "diagnosed"))
        print(f"| {name} | " + " | ".join(map(str, shares)) + " |")


def _hit(field: str) -> Callable[[Row], float]:
    return lambda row: float(getattr(row, field))


if __name__ == "__main__":
    main()
