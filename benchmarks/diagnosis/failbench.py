"""Runs in failbench's format become runs of ours: one span a step, nothing else known.

Each step becomes what its kind says it is: `agent` a model call that said this text, `thought` one that only reasoned,
`tool_call` one that asked for a tool, `instruction` a hand-off, `tool` and `terminal` the tool that returned this text,
`human` a turn of the user; `system` steps and the first request are messages. No label is read here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whyspan.model import Outcome
from whyspan.semconv import Kind
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Run
from whyspan_collector.records import Content, Message, Part, Span

START_NS = 1_790_000_000_000_000_000
STEP_NS = 1_000_000_000
ROOT_ID = "f" * 16
TOOL_CALL = re.compile(r"\[tool_call (\S+) (.*)\]\s*\Z", re.DOTALL)
OUTCOME_KNOWN = frozenset({"whowhen", "agentrx"})
"""Datasets of failed runs only: that the run failed is given, as a failed check is in production."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run of the benchmark."""

    run_id: str
    dataset: str
    run: Run
    steps: list[dict[str, Any]]
    task_group: str
    """Runs of one task share it: cross-validation never splits them."""
    span_steps: dict[str, int]
    """span id -> the index of the step it stands for."""

    @property
    def group(self) -> str:
        """Dataset and subset: `whowhen/AG`."""
        return "/".join(self.run_id.split("/")[:2])


def read_labels(folder: Path) -> dict[str, dict[str, Any]]:
    """Run id -> its label."""
    documents = (json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("*.json"))
    return {document["run_id"]: document for document in documents}


def read_runs(folder: Path) -> Iterator[Recorded]:
    """Every run below the folder, by file name."""
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "steps" in document:
            yield _recorded(document)


def _recorded(document: dict[str, Any]) -> Recorded:
    trace_id = "0" * 31 + "1"
    steps = document["steps"]
    root = Span(
        trace_id, ROOT_ID, None, document["dataset"], "internal", START_NS, START_NS + len(steps) * STEP_NS, "unset"
    )
    root.kind = Kind.AGENT
    contents = {ROOT_ID: Content(input=document["task"])}
    if document["dataset"] in OUTCOME_KNOWN:
        contents[ROOT_ID].outcomes.append(Outcome(ok=False, check="the task was solved"))
    spans, span_steps = [root], {}
    conversation: list[Message] = []
    if steps and steps[0]["kind"] not in {"human", "system"}:
        conversation.append(_message("user", document["task"]))
    for step in steps:
        message = _said(step)
        if step["kind"] != "system" and (step["kind"] != "human" or _spoken(conversation)):
            span = _span(trace_id, step)
            contents[span.span_id] = _content(step, conversation, message)
            span_steps[span.span_id] = step["i"]
            spans.append(span)
        conversation = [*conversation, message]
    run = assemble(document["run_id"], spans, [])
    run.contents = {span.span_id: contents[span.span_id] for span in run.spans}
    run.missing = []
    return Recorded(document["run_id"], document["dataset"], run, steps, document["task_group"], span_steps)


def _span(trace_id: str, step: dict[str, Any]) -> Span:
    start = START_NS + (step["i"] + 1) * STEP_NS
    span = Span(
        trace_id, f"{step['i'] + 1:016x}", ROOT_ID, step["agent"], "internal", start, start + STEP_NS // 2, "unset"
    )
    span.agent = step["agent"]
    if step["kind"] in {"tool", "terminal"}:
        span.kind, span.tool = Kind.TOOL, step.get("tool", step["agent"])
    elif step["kind"] == "instruction":
        span.kind, span.tool = Kind.HANDOFF, "handoff"
    else:
        span.kind = Kind.STEP if step["kind"] == "human" else Kind.MODEL_CALL
    return span


def _content(step: dict[str, Any], conversation: list[Message], message: Message) -> Content:
    if step["kind"] in {"tool", "terminal"}:
        return Content(result=message.parts[0].value)
    if step["kind"] == "instruction":
        return Content(arguments=step["content"])
    if step["kind"] == "human":
        return Content(output_messages=[message])
    return Content(input_messages=conversation, output_messages=[message])


def _said(step: dict[str, Any]) -> Message:
    text = step["content"]
    match step["kind"]:
        case "system":
            return _message("system", text)
        case "human":
            return _message("user", text)
        case "tool" | "terminal":
            return Message("tool", [Part("tool_call_response", text, name=step.get("tool"), value=_parsed(text))])
        case "tool_call" if call := TOOL_CALL.search(text):
            said = text[: call.start()].strip()
            parts = [Part("text", said)] if said else []
            return Message("assistant", [*parts, Part("tool_call", name=call[1], value=_parsed(call[2]))])
        case "thought":
            return Message("assistant", [Part("reasoning", text)])
        case _:
            return _message("assistant", text)


def _spoken(conversation: list[Message]) -> bool:
    """True once the user has asked for something: what comes before is the task itself."""
    return any(message.role != "system" for message in conversation)


def _message(role: Any, text: str) -> Message:
    return Message(role, [Part("text", text)])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
