"""Whether a rule made from ONE failing run prevents other failures of its type: other seeds, other words, other agents.

For every mechanical fault and each of its failing runs in the worlds rules are made in, `propose` is given that run, its diagnosis and the passing
runs of those worlds. Its first proposal is then judged in other worlds: it holds when it stops at least 90 % of the other failures of that type before the point of no
return, known from the label, and hits at most 2 % of the passing runs. A failure without a proposal, or with a rule that knows only its own
example, counts as not prevented. A rule that keeps a result from the agent is judged by running the failing world again with the guard in place.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from opentelemetry.trace import StatusCode

import whyspan
from benchmarks.faults import held_out
from benchmarks.faults.agents import AGENTS
from benchmarks.faults.agents.agent import Act, Agent
from benchmarks.faults.fault import FAULTS, Fault
from benchmarks.faults.generate import Example, examples, failing
from benchmarks.faults.operations import TaskFailed
from benchmarks.faults.recording import record
from benchmarks.faults.running import execute
from benchmarks.faults.session import Session
from whyspan import semconv
from whyspan.rules.evaluation import Evaluation
from whyspan.rules.events import On
from whyspan.rules.rule import CompiledRule, Rule, RuleStatus, compile_rule
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.model import Diagnosis, Status
from whyspan_analysis.rules.history import PastRun, decisive_position, past_run, point_of_no_return, stops
from whyspan_analysis.rules.propose import Proposal, propose

MADE_IN = range(2)
"""Seeds of the worlds rules are made in."""
JUDGED_IN = range(2, 5)
CLEAN_MADE_IN = range(100, 160)
"""Seeds of the worlds whose clean runs a proposal is measured on."""
CLEAN_JUDGED_IN = range(200, 260)
STOPPED, HIT = 0.9, 0.02


@dataclass(frozen=True, slots=True)
class Subject:
    """One run, with the truth about it."""

    agent: str
    seed: int
    fault: str | None
    run: PastRun
    """Its status is the truth."""
    in_time: int
    """By the label."""
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rule, made from one failure, did in other worlds."""

    source: Subject
    proposal: Proposal | None
    stopped: tuple[int, int] = (0, 0)
    elsewhere: tuple[int, int] = (0, 0)
    """The same on the agents that are held out."""
    clean: tuple[int, int] = (0, 0)
    """Passing runs without a fault it hit, of all."""
    tolerated: tuple[int, int] = (0, 0)
    """Passing runs with a fault that did no harm it hit, of all."""

    @property
    def holds(self) -> bool:
        """True when it stops enough and hits little enough."""
        hit, passing = self.clean[0] + self.tolerated[0], self.clean[1] + self.tolerated[1]
        return self.proposal is not None and _share(self.stopped) >= STOPPED and hit <= HIT * passing


def run() -> None:
    """Generates the worlds, proposes and judges, and prints the table."""
    made = [*_failing_and_tolerated(MADE_IN), *_clean(CLEAN_MADE_IN)]
    judged = [*_failing_and_tolerated(JUDGED_IN), *_clean(CLEAN_JUDGED_IN)]
    print("\n".join(table([_judge(source, made, judged) for source in _sources(made)], judged)))


def _sources(made: Sequence[Subject]) -> Iterator[Subject]:
    """The failures a person would start from: the run says that it failed, and its agent is not held out."""
    for subject in made:
        fault = FAULTS.get(subject.fault or "")
        told = subject.diagnosis is not None and subject.diagnosis.outcome.status is Status.FAILED
        failed = fault is not None and fault.mechanical and subject.run.status is Status.FAILED
        if failed and told and subject.agent not in held_out.AGENTS:
            yield subject


def _judge(source: Subject, made: Sequence[Subject], judged: Sequence[Subject]) -> Judged:
    assert source.diagnosis is not None
    passing = [each.run for each in made if each.run.status is Status.OK and each.agent not in held_out.AGENTS]
    proposals, _ = propose(source.run, source.diagnosis, passing)
    if not proposals:
        return Judged(source, None)
    rule = compile_rule(proposals[0].rule)
    failures = [each for each in judged if each.fault == source.fault and each.run.status is Status.FAILED]
    good = [each for each in judged if each.run.status is Status.OK]
    return Judged(
        source,
        proposals[0],
        _count(_stops(rule, each) for each in failures if each.agent not in held_out.AGENTS),
        _count(_stops(rule, each) for each in failures if each.agent in held_out.AGENTS),
        _count(_breaks(rule, each.run) is not None for each in good if each.fault is None),
        _count(_breaks(rule, each.run) is not None for each in good if each.fault is not None),
    )


def _count(results: Iterable[bool]) -> tuple[int, int]:
    known = list(results)
    return sum(known), len(known)


def _share(part: tuple[int, int]) -> float:
    return part[0] / part[1] if part[1] else 0.0


def _breaks(rule: CompiledRule, run: PastRun) -> bool | None:
    """Whether the run breaks the rule in time to stop it; None where it does not break it at all."""
    evaluation = Evaluation([rule])
    for event in run.stream:
        if violations := evaluation.observe(event):
            return stops(violations[0], run)
    return False if evaluation.finish() else None


def _stops(rule: CompiledRule, subject: Subject) -> bool:
    in_time = _breaks(rule, replace(subject.run, in_time=subject.in_time)) is True
    if not in_time or rule.rule.scope.on != (On.RESULT,):
        return in_time
    active = replace(rule.rule, status=RuleStatus.ACTIVE, evidence=None, proposed_from=None)
    return _ends_well(active, subject.agent, subject.seed, subject.fault or "")


# --- the same worlds once more, guarded -----------------------------------------------------------------------


@cache
def _ends_well(rule: Rule, agent_name: str, seed: int, fault_id: str) -> bool:
    """Whether the failing run, done again under the guard, ends with an answer that says which result it was not given."""
    [agent] = [each for each in AGENTS if each.name == agent_name]
    target = _target(agent, seed, FAULTS[fault_id])
    with whyspan.guard(rules=[rule]):
        again = execute(replace(agent, act=_heeding(agent)), seed, FAULTS[fault_id], target)
    [root] = [span for span in again.spans if span.parent is None]
    said = str((root.attributes or {}).get(semconv.OUTPUT_MESSAGES))
    return root.status.status_code is not StatusCode.ERROR and "was not handed on" in said


@cache
def _target(agent: Agent, seed: int, fault: Fault) -> int:
    """The operation that goes wrong in the failing run of this world."""
    failed = next(failing(agent, seed, execute(agent, seed), fault))
    assert failed.injected is not None
    return failed.injected.index


def _heeding(agent: Agent) -> Act:
    """Acts as a program does that hands what a guard says to its model, which then gives up and says why."""

    def act(session: Session, world: Any) -> None:
        try:
            agent.act(session, world)
        except whyspan.GuardBlocked as blocked:
            raise TaskFailed(str(blocked)) from blocked

    return act


# --- the worlds -----------------------------------------------------------------------------------------------


def _failing_and_tolerated(seeds: Iterable[int]) -> list[Subject]:
    return [_subject(agent, example) for agent in AGENTS for seed in seeds for example in examples(agent, seed)]


def _subject(agent: Agent, example: Example) -> Subject:
    diagnosis = diagnose(example.run)
    case = build_case(example.run)
    run = past_run(case, diagnosis.hypotheses[0].span_id if diagnosis.hypotheses else None)
    truth = replace(run, status=Status.FAILED if example.kind == "failing" else Status.OK)
    in_time = run.in_time
    if example.spans:
        first = min(example.spans, key=example.run.order.__getitem__)
        world = agent.world(Random(0))
        told = [
            replace(event, effect=_effect(world, event.name)) if event.kind == On.CALL else event
            for event in run.stream
        ]
        in_time = point_of_no_return(told, decisive_position(case, run.stream, first))
    fault = example.fault.id if example.fault is not None else None
    return Subject(agent.name, example.seed, fault, truth, in_time, diagnosis)


def _effect(world: object, tool: str) -> str:
    """The effect its author declared, which a trace without our SDK does not carry."""
    return getattr(getattr(world, tool, None), "effect", None) or ""


def _clean(seeds: Iterable[int]) -> list[Subject]:
    subjects = []
    for agent in AGENTS:
        for seed in seeds:
            executed = execute(agent, seed)
            if executed.check.ok:
                case = build_case(record(executed.spans, seed, "sdk" if seed % 2 else "plain", outcome=True))
                subjects.append(Subject(agent.name, seed, None, past_run(case, None), 0))
    return subjects


# --- the table ------------------------------------------------------------------------------------------------


def table(results: Sequence[Judged], judged: Sequence[Subject]) -> list[str]:
    """One line for each type of fault, and the total."""
    by_fault: dict[str, list[Judged]] = defaultdict(list)
    for result in results:
        by_fault[result.source.fault or ""].append(result)
    mechanical = [fault for fault in FAULTS.values() if fault.mechanical]
    lines = [
        f"{'fault':34} {'holds':>7} {'proposed':>9} {'stopped':>9} {'held out':>9} {'hit clean':>10} {'hit tolerated':>14}  rule"
    ]
    for title, types in (
        ("seen types", [fault for fault in mechanical if fault.id not in held_out.FAULTS]),
        ("types that are held out", [fault for fault in mechanical if fault.id in held_out.FAULTS]),
    ):
        lines += [_line(fault, by_fault[fault.id]) for fault in types]
        prevented = sum(2 * sum(r.holds for r in by_fault[f.id]) > len(by_fault[f.id]) for f in types)
        lines.append(
            f"{title}: more than half of the single failures give a rule that holds for {prevented} of {len(types)}"
        )
    clean = sum(each.fault is None and each.run.status is Status.OK for each in judged)
    tolerated = sum(each.fault is not None and each.run.status is Status.OK for each in judged)
    lines.append(f"judged on {clean} passing runs without a fault and {tolerated} with a fault that did no harm")
    return lines


def _line(fault: Fault, results: Sequence[Judged]) -> str:
    proposed = [result for result in results if result.proposal is not None]
    parts = [
        f"{fault.id} {fault.name:30}",
        f"{sum(r.holds for r in results):>3}/{len(results)}",
        f"{len(proposed):>5}/{len(results)}",
    ]
    for name in ("stopped", "elsewhere", "clean", "tolerated"):
        shares = sorted(_share(getattr(result, name)) for result in proposed)
        parts.append(f"{shares[len(shares) // 2]:>9.1%}" if shares else f"{'-':>9}")
    ideas = {f"{r.proposal.idea} ({r.proposal.level})" for r in proposed if r.proposal is not None}
    return " ".join([*parts, " ", ", ".join(sorted(ideas)[:3])])


if __name__ == "__main__":
    run()
