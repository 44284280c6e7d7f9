"""One run of a scripted agent: executed, checked, and, where something was injected, labelled."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan

import whyspan
from benchmarks.faults.agents.agent import Agent, Check
from benchmarks.faults.fault import Fault
from benchmarks.faults.noise import Noise
from benchmarks.faults.operations import Op, TaskFailed
from benchmarks.faults.session import Session, Shared
from whyspan.testing import capture


@dataclass(frozen=True, slots=True)
class Execution:
    """What happened."""

    ops: Sequence[Op]
    injected: Op | None
    """The operation that went wrong; its spans are the label, and no span says so."""
    check: Check
    spans: Sequence[ReadableSpan]
    number: int
    """Of the run: the world's for its plain variation."""


def execute(
    agent: Agent, seed: int, fault: Fault | None = None, target: int | None = None, variation: int = 0
) -> Execution:
    """Runs the agent in the world of this seed, with operation `target` going wrong; see `noise` for its variations.

    The same arguments give the same run.
    """
    world = agent.world(random.Random(f"{agent.name}/{seed}"))
    noise = Noise(seed, variation)
    shared = Shared(world, seed, noise, target, None if fault is None else fault.inject, limit=agent.limit)
    random.seed(f"{agent.name}/{noise.key}/ids")  # OpenTelemetry draws span ids from here
    check = Check(False, "the agent finished", "it raised")
    with capture() as captured:
        try:
            with whyspan.agent(
                agent.name, task=world.task, constraints=list(world.constraints), run_id=f"{noise.number:08}"
            ) as root:
                session = Session(shared, agent.name, agent.instructions, world.task, agent.tools)
                _act(agent, session)
                check = agent.check(world, session.last)
                detail = check.detail if seed % 2 else None
                whyspan.outcome(ok=check.ok, check=check.name, detail=detail)
                root.set_result(session.last)
        except Exception as error:  # noqa: BLE001 - a program that ends with an exception is one of the ways to fail
            logging.getLogger(__name__).debug("%s %s: %r", agent.name, seed, error)
    return Execution(shared.ops, shared.injected, check, captured.spans, noise.number)


def _act(agent: Agent, session: Session) -> None:
    try:
        agent.act(session, session.shared.world)
    except TaskFailed as error:
        session.answer("I am sorry, this could not be completed. {reason}", reason=str(error))
