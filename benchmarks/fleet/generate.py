"""Makes the fleet: OTLP request bodies in the order they were sent, and the truth about every run."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from benchmarks.faults.agents import AGENTS
from benchmarks.faults.fault import FAULTS
from benchmarks.faults.operations import MODEL
from benchmarks.faults.recording import as_sent
from benchmarks.faults.running import Execution, execute
from benchmarks.fleet.causes import (
    CAUSES,
    DAYS,
    ENTERPRISE,
    ENTERPRISE_SHARE,
    OTHER_MODEL,
    OTHER_MODEL_SHARE,
    PLAIN,
    TRAFFIC,
    VERSIONS,
    Cause,
)

RUNS_PER_REQUEST = 25
_DAY_NS = 86_400 * 10**9
_TRIES = 5
_AGENTS = {agent.name: agent for agent in AGENTS}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one run."""

    trace_id: str
    agent: str
    version: str
    day: int
    cause: str | None
    """Name of the cause it failed of; None where it passed."""


def write(folder: Path, runs: int, processes: int = 2) -> None:
    """Writes `requests/NNNNN.pb` and `truth.jsonl`; the same for the same number of runs."""
    (folder / "requests").mkdir(parents=True)
    numbers = range(0, runs, RUNS_PER_REQUEST)
    with ProcessPoolExecutor(processes) as pool, (folder / "truth.jsonl").open("w", encoding="utf-8") as truths:
        for number, (body, truth) in enumerate(pool.map(partial(_request, runs), numbers, chunksize=4)):
            (folder / "requests" / f"{number:05}.pb").write_bytes(body)
            truths.writelines(json.dumps(asdict(each)) + "\n" for each in truth)


def read_truth(folder: Path) -> dict[str, Truth]:
    """Trace id -> what is true of the run."""
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {truth.trace_id: truth for truth in (Truth(**json.loads(line)) for line in lines)}


def _request(runs: int, first: int) -> tuple[bytes, list[Truth]]:
    request, truths = ExportTraceServiceRequest(), []
    for number in range(first, min(first + RUNS_PER_REQUEST, runs)):
        sent, truth = made(number, number / runs * sum(DAYS))
        request.resource_spans.extend(sent.resource_spans)
        truths.append(truth)
    return request.SerializeToString(), truths


def made(number: int, moment: float) -> tuple[ExportTraceServiceRequest, Truth]:
    """One run that began so many days after the first."""
    rng = Random(f"fleet/{number}")
    day = int(moment)
    version = VERSIONS[0 if day < DAYS[0] else 1 if day < DAYS[0] + DAYS[1] else 2]
    (agent,) = rng.choices(list(TRAFFIC), list(TRAFFIC.values()))
    tags = [ENTERPRISE if rng.random() < ENTERPRISE_SHARE else "segment:free"]
    model = OTHER_MODEL if rng.random() < OTHER_MODEL_SHARE else MODEL
    cause = next((each for each in _happening(rng, agent, version, {*tags, model})), None)
    executed, cause = _executed(_AGENTS[agent], number, cause)
    sent = as_sent(executed.spans, number, "plain" if agent in PLAIN else "sdk", outcome=True)
    _describe(sent, version, tags, model, user=f"user-{rng.randrange(400)}", plain=agent in PLAIN)
    move(sent, round(moment * _DAY_NS))
    trace_id = sent.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()
    return sent, Truth(trace_id, agent, version, day, cause.name if cause else None)


def _happening(rng: Random, agent: str, version: str, has: set[str]) -> Iterator[Cause]:
    for cause in CAUSES:
        drawn = rng.random()  # drawn for every cause, so that a run does not depend on the order of the others
        here = cause.agent == agent and (cause.only is None or cause.only in has)
        if here and drawn < cause.rates[VERSIONS.index(version)]:
            yield cause


def _executed(agent: Any, number: int, cause: Cause | None) -> tuple[Execution, Cause | None]:
    """A run that passes, or one the cause makes fail: other worlds are tried until the one or the other comes about."""
    for attempt in range(_TRIES):
        seed = number * _TRIES + attempt
        clean = execute(agent, seed)
        if not clean.check.ok:
            continue
        if cause is None:
            return clean, None
        for op in clean.ops:
            if op.name.startswith(cause.operation):
                faulty = execute(agent, seed, FAULTS[cause.fault], op.index)
                if not faulty.check.ok and faulty.injected is not None:
                    return faulty, cause
    return clean, None


def _describe(
    sent: ExportTraceServiceRequest, version: str, tags: list[str], model: str, *, user: str, plain: bool
) -> None:
    """What the deployment adds to every run: release, user, customer segment, model."""
    for group in sent.resource_spans:
        group.resource.attributes.append(_attribute("service.version", version))
        group.resource.attributes.append(_attribute("deployment.environment.name", "production"))
        for span in (span for scope in group.scope_spans for span in scope.spans):
            for attribute in span.attributes:
                if (
                    attribute.key in ("gen_ai.request.model", "gen_ai.response.model")
                    and attribute.value.string_value == MODEL
                ):
                    attribute.value.string_value = model
            if not span.parent_span_id:
                span.attributes.append(_attribute("user.id", user))
                span.attributes.append(_attribute("gen_ai.agent.version", version))
                if not plain:
                    tagged = KeyValue(key="whyspan.run.tags")
                    tagged.value.array_value.values.extend(AnyValue(string_value=tag) for tag in tags)
                    span.attributes.append(tagged)


def _attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def move(sent: ExportTraceServiceRequest, by_ns: int) -> None:
    """Moves all times of a request."""
    for span in (span for group in sent.resource_spans for scope in group.scope_spans for span in scope.spans):
        span.start_time_unix_nano += by_ns
        span.end_time_unix_nano += by_ns
        for event in span.events:
            event.time_unix_nano += by_ns
