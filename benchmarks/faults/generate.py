"""Runs with exact truth: a faulty run is a failing case only if the same run without the fault passes its check."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal, TypeAlias

from benchmarks.faults import faults_of_calls, faults_of_judgement, faults_of_tools
from benchmarks.faults.agents.agent import Agent
from benchmarks.faults.fault import FAULTS, Fault
from benchmarks.faults.operations import Op
from benchmarks.faults.recording import Style, record
from benchmarks.faults.running import Execution, execute
from whyspan_analysis.model import Run

assert all((faults_of_calls, faults_of_judgement, faults_of_tools))  # importing them fills FAULTS
Kind: TypeAlias = Literal["failing", "tolerated", "passing"]
ATTEMPTS = 4
"""Operations tried until a fault makes the run fail."""
_VARIANTS: tuple[tuple[Style, bool], ...] = (
    ("sdk", True), ("plain", True), ("sdk", True), ("plain", True), ("sdk", False), ("plain", False)
)  # fmt: skip
"""How a run is recorded, and whether its success check is: one run in three says nothing of how it ended."""


@dataclass(frozen=True, slots=True)
class Example:
    """One run and the truth about it."""

    agent: str
    seed: int
    kind: Kind
    style: Style
    told: bool
    """True when the success check is recorded in the trace."""
    run: Run
    fault: Fault | None = None
    spans: frozenset[str] = frozenset()
    """The operation that went wrong: its model call, tool, decision or hand-off."""
    consumers: frozenset[str] = frozenset()
    """Of a fault of a tool: the operation that took its result as it came."""
    tool: str | None = None


def examples(agent: Agent, seed: int, variation: int = 0) -> Iterator[Example]:
    """The clean run of a world, and for every fault the run it makes fail and one that gets over it. Nothing if the clean run fails."""
    clean = execute(agent, seed, variation=variation)
    if not clean.check.ok:
        return
    for number in range(2):
        yield _example(agent, seed, clean, None, _VARIANTS[(seed + number * 3) % 6])
    for fault in FAULTS.values():
        yield from _faulty(agent, seed, clean, fault, variation)


def siblings(agent: Agent, seed: int, style: Style, *, told: bool, count: int = 5) -> list[Run]:
    """Runs of the same world that passed, each with noise of its own; none has that of variations 0 and 1."""
    clean = (execute(agent, seed, variation=variation) for variation in range(2, 2 + 3 * count))
    passed = islice((each for each in clean if each.check.ok), count)
    return [record(each.spans, each.number, style, outcome=told) for each in passed]


def _faulty(agent: Agent, seed: int, clean: Execution, fault: Fault, variation: int) -> Iterator[Example]:
    """The first run that passes in spite of the fault, and the first that fails of it."""
    variant = Random(f"{agent.name}/{seed}/{fault.id}/variant").choice(_VARIANTS)
    passed = False
    for faulty in _attempts(agent, seed, clean, fault, variation):
        if not faulty.check.ok or not passed:
            yield _example(agent, seed, faulty, fault, variant)
        if not faulty.check.ok:
            return
        passed = True


def failing(agent: Agent, seed: int, clean: Execution, fault: Fault) -> Iterator[Execution]:
    """The runs in which the fault, at one operation, makes the agent fail."""
    return (faulty for faulty in _attempts(agent, seed, clean, fault) if not faulty.check.ok)


def _attempts(agent: Agent, seed: int, clean: Execution, fault: Fault, variation: int = 0) -> Iterator[Execution]:
    """The fault at one operation after the other, drawn from those it can happen to."""
    targets = [op.index for op in clean.ops if op.kind in fault.on and _applies(fault, op)]
    for target in Random(f"{agent.name}/{seed}/{fault.id}").sample(targets, min(ATTEMPTS, len(targets))):
        faulty = execute(agent, seed, fault, target, variation)
        if faulty.injected is not None and faulty.injected.spans:
            yield faulty


def _applies(fault: Fault, op: Op) -> bool:
    return fault.inject(copy.copy(op), Random(0))


def _example(agent: Agent, seed: int, executed: Execution, fault: Fault | None, variant: tuple[Style, bool]) -> Example:
    style, told = variant
    run = record(executed.spans, executed.number, style, outcome=told)
    op = executed.injected
    kind: Kind = "passing" if fault is None else "tolerated" if executed.check.ok else "failing"
    if op is None or kind == "passing":
        return Example(agent.name, seed, kind, style, told, run)
    of_tool = fault is not None and fault.inject.__module__.endswith("faults_of_tools")
    consumers = frozenset(op.consumers) & run.order.keys() if of_tool else frozenset()
    return Example(
        agent.name, seed, kind, style, told, run, fault, frozenset(op.spans) & run.order.keys(), consumers,
        op.name if op.kind == "use" else None,
    )  # fmt: skip
