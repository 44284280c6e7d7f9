"""All worlds generated and diagnosed on two processes, then the tables."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from benchmarks.faults.agents import AGENTS
from benchmarks.faults.generate import examples
from benchmarks.faults.judging import Row, judge
from benchmarks.faults.report import report

BY_NAME = {agent.name: agent for agent in AGENTS}
SEEDS = 4


def run(agents: Iterable[str] = tuple(BY_NAME), seeds: Iterable[int] = range(SEEDS), *, misses: bool = False) -> None:
    """Prints how often the diagnosis names the operation that went wrong; with `misses`, what it named instead where nothing is held out."""
    with ProcessPoolExecutor(2) as processes:
        rows = [row for found in processes.map(_judged, product(agents, list(seeds))) for row in found]
    if misses:
        wrong = [row for row in rows if not row.held_out and row.kind == "failing" and row.told and row.rank != 1]
        print("\n".join(row.miss for row in wrong))
    else:
        print("\n".join(report(rows)))


def _judged(world: tuple[str, int]) -> list[Row]:
    """All examples of one world."""
    agent, seed = world
    return [judge(example) for example in examples(BY_NAME[agent], seed)]
