"""What a trace may hold, what detectors need of it, and what nobody can tell where it is not there."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.detectors import DETECTORS
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Steps
from whyspan_analysis.taxonomy import Entry, taxonomy


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


Captures: TypeAlias = dict[str, Captured]
"""Name of a capture -> how much of it is there."""


def nothing() -> Captures:
    """The captures of no run."""
    return {name: Captured() for name in CAPTURES}


def count(captures: Captures, run: Run, steps: Steps) -> Captures:
    """Adds what a run holds."""
    for name, is_there in _held(run, steps):
        captures[name].of += 1
        captures[name].have += is_there
    return captures


def lacking(captures: Mapping[str, Captured]) -> dict[str, list[str]]:
    """Every detector and what it lacks: names of captures none of which is there; empty where it can work."""
    entries = taxonomy()
    return {
        detector.name: [need for need in entries.get(detector.name, Entry()).needs if not captures[need].have]
        for detector in DETECTORS
    }


def missing(captures: Mapping[str, Captured]) -> list[tuple[str, int]]:
    """What is not there though it could be, and how many detectors wait for it; what unlocks most first."""
    waiting: dict[str, int] = defaultdict(int)
    for lacks in lacking(captures).values():
        for need in lacks:
            waiting[need] += 1
    absent = [name for name, each in captures.items() if not each.have and (each.of or name in _OF_MODEL_CALLS)]
    return sorted(((name, waiting[name]) for name in absent), key=lambda pair: -pair[1])


def cannot_tell(run: Run, steps: Steps) -> list[str]:
    """What the trace of a run does not hold and how many detectors found nothing to look at, in sentences."""
    return [
        f"The trace does not hold {CAPTURES[name].title}: {waiting} of {len(DETECTORS)} detectors had nothing to look at."
        for name, waiting in missing(count(nothing(), run, steps))
        if waiting
    ]


def _held(run: Run, steps: Steps) -> Iterator[tuple[str, bool]]:
    """(capture, whether it is there) for every model call and tool call of a run, and for the run."""
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
