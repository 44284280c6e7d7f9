"""`python -m benchmarks.faults [--seeds N]`: how often the diagnosis names the operation that was made to go wrong."""

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from benchmarks.faults.agents import AGENTS
from benchmarks.faults.generate import examples
from benchmarks.faults.judging import Row, judge
from benchmarks.faults.report import report

_BY_NAME = {agent.name: agent for agent in AGENTS}


def judged(world: tuple[str, int]) -> list[Row]:
    """All examples of one world."""
    agent, seed = world
    return [judge(example) for example in examples(_BY_NAME[agent], seed)]


def main() -> None:
    """Generate, diagnose, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="worlds of each agent")
    parser.add_argument("--agents", nargs="*", choices=sorted(_BY_NAME), default=sorted(_BY_NAME))
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first world")
    parser.add_argument(
        "--misses", action="store_true", help="print what was blamed instead, for runs that are not held out"
    )
    arguments = parser.parse_args()
    worlds = list(product(arguments.agents, range(arguments.first, arguments.first + arguments.seeds)))
    with ProcessPoolExecutor(2) as processes:
        rows = [row for found in processes.map(judged, worlds) for row in found]
    if arguments.misses:
        rows = [row for row in rows if not row.held_out]
        print("\n".join(row.miss for row in rows if row.kind == "failing" and row.told and row.rank != 1))
    else:
        print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
