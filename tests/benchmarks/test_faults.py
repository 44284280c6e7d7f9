"""The fault-injection suite keeps its word: exact labels, and nothing in a trace that gives them away."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import product

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from benchmarks.faults import held_out, wording
from benchmarks.faults.agents import AGENTS
from benchmarks.faults.agents.agent import Agent
from benchmarks.faults.fault import FAULTS, Fault
from benchmarks.faults.generate import examples, failing
from benchmarks.faults.operations import Op
from benchmarks.faults.recording import record
from benchmarks.faults.running import Execution, execute
from whyspan_analysis.model import Run

BY_NAME = {agent.name: agent for agent in AGENTS}
SEEDS = range(3)


@cache
def passing(agent: str, seed: int) -> Execution:
    return execute(BY_NAME[agent], seed)


def pairs() -> Iterator[tuple[Fault, Agent, Execution, Execution]]:
    """For each fault one failing run of some agent, after the clean run of the same world."""
    for fault in FAULTS.values():
        for agent, seed in product(AGENTS, SEEDS):
            clean = passing(agent.name, seed)
            faulty = next(failing(agent, seed, clean, fault), None)
            if faulty is not None:
                yield fault, agent, clean, faulty
                break


@pytest.fixture(scope="module")
def faulty_runs(found: list[tuple[Fault, Agent, Execution, Execution]]) -> list[tuple[Fault, Op, Run]]:
    return [
        (fault, faulty.injected, record(faulty.spans, 1, "sdk", outcome=True))
        for fault, _, _, faulty in found
        if faulty.injected is not None
    ]


@pytest.fixture(scope="module")
def found() -> list[tuple[Fault, Agent, Execution, Execution]]:
    return list(pairs())


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_clean_runs_pass_their_check(agent: Agent) -> None:
    """Without a fault, every agent does what it was asked, in more than one world."""
    assert [passing(agent.name, seed).check.ok for seed in SEEDS] == [True] * len(SEEDS)


def test_every_fault_makes_some_agent_fail(found: list[tuple[Fault, Agent, Execution, Execution]]) -> None:
    """There are at least 24 faults and 8 agents, and for each fault a run that passes without it and fails with it."""
    assert len(AGENTS) >= 8
    assert len(FAULTS) >= 24
    assert {fault.id for fault, *_ in found} == set(FAULTS)
    assert all(clean.check.ok and not faulty.check.ok for _, _, clean, faulty in found)


def test_a_world_runs_the_same_way_twice() -> None:
    """The same agent, seed and fault give the same spans, ids included."""
    agent = BY_NAME["refunds"]
    assert _lines(execute(agent, 1)) == _lines(execute(agent, 1))


def test_runs_are_equal_until_the_operation_that_goes_wrong(
    found: list[tuple[Fault, Agent, Execution, Execution]],
) -> None:
    """Whatever was recorded before the injected operation is the same in the clean run."""
    for fault, _, clean, faulty in found:
        assert faulty.injected is not None
        first = min(_position(faulty, span_id) for span_id in faulty.injected.spans)
        done = {
            _id(span) for span in faulty.spans[:first] if (span.end_time or 0) < (faulty.spans[first].start_time or 0)
        }
        assert [line for line in _lines(faulty) if line[0] in done] == [
            line for line in _lines(clean) if line[0] in done
        ], fault.id


def test_nothing_in_the_trace_gives_the_operation_away(faulty_runs: list[tuple[Fault, Op, Run]]) -> None:
    """Spans carry the attributes that clean ones of their kind carry; no name, attribute or event speaks of faults or of this suite."""
    usual: dict[str, set[str]] = {}
    for agent in AGENTS:
        for span in record(passing(agent.name, 0).spans, 1, "sdk", outcome=True).spans:
            usual.setdefault(span.kind, set()).update(span.attributes)
    for fault, _, run in faulty_runs:
        for span in run.spans:
            assert set(span.attributes) <= {"error.type", *usual[span.kind]}, fault.id
            own = {key: value for key, value in span.attributes.items() if key != "gen_ai.input.messages"}
            said = repr((span.name, own, span.events, span.status_message, span.resource)).replace("default", "")
            assert not re.search(rf"fault|inject|benchmark|\b{fault.id}\b|{re.escape(fault.name)}", said), fault.id


def test_faulty_turns_speak_from_the_same_sentences(found: list[tuple[Fault, Agent, Execution, Execution]]) -> None:
    """What the model says in a faulty run matches a sentence that clean runs use; a fault has no words of its own."""
    spoken = [*wording.SENTENCES, *wording.AGAIN]
    known = [re.compile(re.sub(r"\\\{\w+\\\}", r"[\\s\\S]*", re.escape(each))) for each in spoken]
    for fault, _, _, faulty in found:
        for span in faulty.spans:
            for message in json.loads(str((span.attributes or {}).get("gen_ai.output.messages", "[]"))):
                for part in message["parts"]:
                    if part["type"] == "reasoning":
                        assert any(each.search(part["content"]) for each in known), (fault.id, part)
    assert not {field.name for field in fields(Op)} & {"says", "thinks", "words", "text"}


def test_the_clock_knows_kinds_not_faults(faulty_runs: list[tuple[Fault, Op, Run]]) -> None:
    """Model calls and tools take as long in injected operations as in any other."""
    for fault, injected, run in faulty_runs:
        for span_id in injected.spans:
            span = run.span(span_id)
            seconds = (span.end_ns - span.start_ns) / 1e9
            if span.kind in ("model_call", "tool"):
                assert {"model_call": 0.6, "tool": 0.05}[span.kind] <= seconds <= 4.0, (fault.id, seconds)


def test_a_plain_trace_holds_nothing_of_ours() -> None:
    """Recorded as others would, a run has neither our attributes nor decisions, hand-offs and reasoning; its check is an evaluation."""
    executed = execute(BY_NAME["travel"], 0)
    run = record(executed.spans, 0, "plain", outcome=True)
    assert {span.kind.value for span in run.spans} == {"agent", "model_call", "tool"}
    assert not [key for span in run.spans for key in span.attributes if key.startswith("whyspan.")]
    parts = [
        part.type for content in run.contents.values() for message in content.output_messages for part in message.parts
    ]
    assert "reasoning" not in parts
    assert [outcome.ok for content in run.contents.values() for outcome in content.outcomes] == [True]
    untold = record(executed.spans, 0, "plain", outcome=False)
    assert not any(content.outcomes for content in untold.contents.values())


def test_examples_are_labelled_by_what_the_generator_remembers() -> None:
    """Failing examples have spans of the operation, tolerated ones passed, and the clean run is among the passing ones."""
    made = list(examples(BY_NAME["rag"], 0))
    assert {each.kind for each in made} == {"failing", "tolerated", "passing"}
    assert all(each.spans <= each.run.order.keys() for each in made)
    assert all(each.spans for each in made if each.kind == "failing")
    assert not any(each.spans for each in made if each.kind == "passing")
    assert {(each.style, each.told) for each in made} > {("sdk", True), ("plain", True)}


def test_held_out_are_six_faults_and_two_agents() -> None:
    """What is held out exists."""
    assert len(held_out.FAULTS) == 6
    assert set(FAULTS) >= held_out.FAULTS
    assert len(held_out.AGENTS) == 2
    assert set(BY_NAME) >= held_out.AGENTS


def _lines(executed: Execution) -> list[tuple[str, str, str]]:
    return [(_id(span), span.name, json.dumps(dict(span.attributes or {}), sort_keys=True)) for span in executed.spans]


def _id(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.span_id:016x}"


def _position(executed: Execution, span_id: str) -> int:
    return next(position for position, span in enumerate(executed.spans) if _id(span) == span_id)
