"""What the traces of an agent let us claim: what they hold, which detectors can work on that, which grades can be reached.

Computed from its newest runs as they are stored; nothing is asked of the instrumentation.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.detectors import DETECTORS
from whyspan_analysis.load import load_runs
from whyspan_analysis.model import Role, Run
from whyspan_analysis.reconstruct import read_steps
from whyspan_analysis.taxonomy import Entry, taxonomy
from whyspan_collector.portions import portions

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

EACH: Final = 5
"""Runs read of each agent: what an instrumentation leaves out, it leaves out of nearly every run."""
MOST_AGENTS: Final = 50
"""Agents looked at, those with the most runs."""


class Capture(NamedTuple):
    """One thing a trace may hold."""

    title: str
    add: str
    """What to do so that it does."""


CAPTURES: Final = {
    "conversation": Capture(
        "what models were told", "record gen_ai.input.messages: content capture of the instrumentation is off"
    ),
    "answers": Capture(
        "what models answered", "record gen_ai.output.messages: content capture of the instrumentation is off"
    ),
    "reasoning": Capture(
        "reasons for choices", "keep reasoning parts of answers, or say why with whyspan.decision(...)"
    ),
    "tools_offered": Capture("tools that models were offered", "record gen_ai.tool.definitions on model calls"),
    "arguments": Capture(
        "arguments of tools", "record gen_ai.tool.call.arguments, or decorate tools with @whyspan.tool"
    ),
    "results": Capture("results of tools", "record gen_ai.tool.call.result, or decorate tools with @whyspan.tool"),
    "effects": Capture("what tools do to the world", "declare it: @whyspan.tool(effect=...)"),
    "decisions": Capture("decisions as the agent made them", "record those that matter: with whyspan.decision(...)"),
    "checks": Capture(
        "how the run ended", "say so: whyspan.outcome(ok=..., check=...), or gen_ai.evaluation.result events"
    ),
    "state": Capture("versions of state", "record reads and writes of shared state with whyspan.state(...)"),
    "versions": Capture(
        "versions of agent, prompts, tools", "set service.version or gen_ai.agent.version, or whyspan's run versions"
    ),
}
"""Name -> what it is. A name is what `needs` in `taxonomy.json` and machine output say."""

_OF_MODEL_CALLS: Final = ("conversation", "answers", "reasoning", "tools_offered")
"""Missing also where no model call was recorded: every agent makes some, while not every agent has tools."""


@dataclass(slots=True)
class Captured:
    """Of how many model calls, tool calls or runs something is known."""

    have: int = 0
    of: int = 0


@dataclass(slots=True)
class Claims:
    """What the traces of one agent of one service let us claim."""

    agent: str
    service: str | None
    runs: int
    """Stored runs."""
    read: int = 0
    """Those looked at."""
    captured: dict[str, Captured] = field(default_factory=lambda: {name: Captured() for name in CAPTURES})

    @property
    def detectors(self) -> dict[str, list[str]]:
        """Every detector and what it lacks: names of captures none of which is there; empty where it can work."""
        entries = taxonomy()
        return {
            detector.name: [need for need in entries.get(detector.name, Entry()).needs if not self.captured[need].have]
            for detector in DETECTORS
        }

    @property
    def grades(self) -> dict[str, str]:
        """Grade -> for which runs of this agent it can be reached, in words; "" where for none."""
        causes = {detector.name for detector in DETECTORS if detector.role is Role.CAUSE}
        able = sum(not lacks for name, lacks in self.detectors.items() if name in causes)
        likely = f"where one of {able} detectors of causes finds something" if able else ""
        checks = self.captured["checks"]
        told = (
            f"of runs that record how they ended ({checks.have} of {checks.of}), and of runs that raise"
            if checks.have
            else ""
        )
        strong = (told or "of runs that raise; no check is recorded, so of no run that ends quietly") if able else ""
        return {"suspect": "of every failed run", "likely": likely, "strong": strong}

    @property
    def to_add(self) -> Iterator[tuple[str, int]]:
        """What to capture to claim more, and how many detectors wait for it; what unlocks most first."""
        waiting: dict[str, int] = defaultdict(int)
        for lacks in self.detectors.values():
            for need in lacks:
                waiting[need] += 1
        missing = [
            name
            for name, captured in self.captured.items()
            if not captured.have and (captured.of or name in _OF_MODEL_CALLS)
        ]
        yield from sorted(((name, waiting[name]) for name in missing), key=lambda pair: -pair[1])


def read_claims(store: "AnyStore") -> list[Claims]:
    """The claims of every agent, that with the most runs first."""
    found: dict[tuple[str, str | None], Claims] = {}
    rows = store.query("newest_runs", each=EACH, most=MOST_AGENTS).to_pylist()
    for some in portions(rows):
        runs = load_runs(store, [row["run_id"] for row in some])
        for row in some:
            claims = found.setdefault((row["agent"], row["service"]), Claims(row["agent"], row["service"], row["runs"]))
            if row["run_id"] in runs:
                claims.read += 1
                for name, is_there in _captured(runs[row["run_id"]]):
                    claims.captured[name].of += 1
                    claims.captured[name].have += is_there
    return list(found.values())


def claims_of(run: Run) -> Claims:
    """What the trace of this one run lets us claim."""
    first = run.spans[0]
    claims = Claims(first.agent or first.name, first.service, runs=1, read=1)
    for name, is_there in _captured(run):
        claims.captured[name].of += 1
        claims.captured[name].have += is_there
    return claims


def _captured(run: Run) -> Iterator[tuple[str, bool]]:
    """(capture, whether it is there) for every model call and tool call of a run, and for the run."""
    steps = read_steps(run)
    reasoned = {span.span_id for span in run.spans if span.kind is Kind.DECISION}
    for call in steps.calls:
        yield "conversation", bool(call.content.input_messages)
        yield "answers", bool(call.content.output_messages) or call.error is not None
        yield "tools_offered", bool(call.content.tool_definitions)
        yield "reasoning", bool(call.reasoning) or (call.span.parent_span_id in reasoned)
    for action in steps.actions:
        yield "arguments", action.arguments_at is not None
        yield "results", action.result_at is not None or action.error is not None
        yield "effects", action.span is not None and action.span.effect is not None
    contents = run.contents.values()
    yield "decisions", any(content.decision is not None for content in contents)
    yield "checks", any(content.outcomes for content in contents)
    yield "state", any(event.get("name") == semconv.STATE_EVENT for span in run.spans for event in span.events)
    yield "versions", any(_versioned(run))


def _versioned(run: Run) -> Iterator[bool]:
    for span in run.spans:
        yield span.service_version is not None or span.agent_version is not None
        yield any(key in span.attributes for key in (semconv.RUN_VERSIONS, semconv.PROMPT_VERSION))
