"""Runs for the tests: the sample recordings, and runs written down call by call in OpenTelemetry's own form."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from whyspan.semconv import Kind
from whyspan_analysis.detectors import BY_NAME, detect
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Diagnosis, Finding, Run
from whyspan_collector.otlp import decode, requests
from whyspan_collector.records import Log, Span
from whyspan_collector.vocabularies import fill_columns

SAMPLES = Path(__file__).parents[2] / "sample_traces"
NAMES = sorted(folder.name for folder in SAMPLES.iterdir() if any(folder.glob("[0-9]*")))
"""Every sample recording."""


def read_sample(name: str) -> tuple[list[Span], list[Log]]:
    """The spans and logs of a recording, each span once, by way of the collector's decoder."""
    spans: dict[tuple[str, str], Span] = {}
    logs: list[Log] = []
    for path in sorted((SAMPLES / name).glob("[0-9]*")):
        for request in requests(path.read_bytes(), 1 << 26):
            batch = decode(request.signal, request.body, request.encoding)
            spans.update({(span.trace_id, span.span_id): span for span in batch.spans})
            logs += batch.logs
    return list(spans.values()), logs


def runs_of(spans: Iterable[Span], logs: Iterable[Log]) -> list[Run]:
    """One run for each trace, in order of trace id."""
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    logs = list(logs)
    return [
        assemble(trace_id, by_trace[trace_id], [log for log in logs if log.trace_id == trace_id])
        for trace_id in sorted(by_trace)
    ]


@pytest.fixture(params=NAMES)
def sample(request: pytest.FixtureRequest) -> list[Run]:
    """The runs of each recording in turn."""
    return runs_of(*read_sample(request.param))


class Script:
    """Writes a run down as spans of one agent: `ask` for tools, `execute` them, `answer`.

    The messages of each model call repeat the conversation so far, as real ones do. Times advance by a millisecond
    with every span.
    """

    def __init__(self, task: str = "Do it.", tools: Iterable[str | dict[str, Any]] = (), **root: Any) -> None:
        self._definitions = [tool if isinstance(tool, dict) else {"name": tool} for tool in tools]
        self._conversation: list[dict[str, Any]] = [_message("user", _text(task))]
        self._now = 1_790_000_000_000_000_000
        self._calls = 0
        self.spans: list[Span] = []
        self.agent = "agent"
        self.root = self.span("invoke_agent agent", "invoke_agent", parent=None, agent="agent", **root)

    def span(
        self,
        name: str,
        operation: str | None = None,
        *,
        parent: Span | str | None = "root",
        attributes: dict[str, Any] | None = None,
        error: str | None = None,
        events: Iterable[dict[str, Any]] = (),
        ended: bool = True,
        agent: str | None = None,
    ) -> Span:
        """Any span; `parent` is the root unless told otherwise."""
        above = self.root if parent == "root" else parent
        self._now += 1_000_000
        own = dict(attributes or {})
        if operation is not None:
            own["gen_ai.operation.name"] = operation
        own["gen_ai.agent.name"] = agent or self.agent
        span = Span(
            trace_id="ab" * 16,
            span_id=f"{len(self.spans) + 1:016x}",
            parent_span_id=above.span_id if isinstance(above, Span) else None,
            name=name,
            otel_kind="internal",
            start_ns=self._now,
            end_ns=self._now + 500_000 if ended else 0,
            status="error" if error is not None else "unset",
            status_message=error,
            attributes=own,
            events=list(events),
        )
        fill_columns(span)
        self.spans.append(span)
        return span

    def ask(self, *calls: tuple[str, Any], thinks: str | None = None, says: str | None = None, **rest: Any) -> Span:
        """A model call that asks for tools, given as (name, arguments)."""
        parts = [{"type": "reasoning", "content": thinks}] if thinks else []
        parts += [_text(says)] if says else []
        for name, arguments in calls:
            self._calls += 1
            parts.append({"type": "tool_call", "id": f"call_{self._calls}", "name": name, "arguments": arguments})
        return self._call(parts, "tool_call", **rest)

    def answer(self, text: str, *, thinks: str | None = None, **rest: Any) -> Span:
        """A model call that answers."""
        parts = [{"type": "reasoning", "content": thinks}] if thinks else []
        return self._call([*parts, _text(text)] if text else parts, rest.pop("finish", "stop"), **rest)

    def fail(self, error: str) -> Span:
        """A model call that fails."""
        return self._call(None, "error", error=error)

    def _call(self, parts: list[dict[str, Any]] | None, finish: str, **rest: Any) -> Span:
        attributes = {
            "gen_ai.input.messages": json.dumps(self._conversation),
            "gen_ai.tool.definitions": json.dumps(self._definitions),
        }
        if parts is not None:
            said = {**_message("assistant", *parts), "finish_reason": finish}
            attributes["gen_ai.output.messages"] = json.dumps([said])
            attributes["gen_ai.response.finish_reasons"] = [finish]
        span = self.span("chat model", "chat", attributes=attributes, **rest)
        if parts is not None:
            self._conversation.append(said)
        return span

    def execute(
        self, result: Any = None, *, back: int = 1, error: str | None = None, effect: str | None = None
    ) -> Span:
        """The tool span for one of the last calls asked for (`back` counts from the last), and its message."""
        part = [p for m in self._conversation for p in m["parts"] if p["type"] == "tool_call"][-back]
        attributes = {
            "gen_ai.tool.name": part["name"],
            "gen_ai.tool.call.id": part["id"],
            "gen_ai.tool.call.arguments": json.dumps(part["arguments"]),
        }
        if error is None:
            attributes["gen_ai.tool.call.result"] = json.dumps(result)
        if effect is not None:
            attributes["whyspan.tool.effect"] = effect
        response = {
            "type": "tool_call_response",
            "id": part["id"],
            "response": result if error is None else f"Error: {error}",
        }
        span = self.span(f"execute_tool {part['name']}", "execute_tool", attributes=attributes, error=error)
        self._conversation.append(_message("tool", response))
        return span

    def turn(self, name: str, arguments: Any, result: Any = None, **execution: Any) -> Span:
        """One call asked for and executed at once."""
        self.ask((name, arguments))
        return self.execute(result, **execution)

    def decide(self, question: str, choice: str, *options: str, **rest: Any) -> Span:
        """A recorded decision."""
        attributes = {
            "whyspan.kind": Kind.DECISION.value,
            "whyspan.decision.question": question,
            "whyspan.decision.options": json.dumps([{"label": label} for label in options]),
            "whyspan.decision.choice": choice,
        }
        return self.span("decision", attributes=attributes, **rest)

    def hear(self, text: str) -> None:
        """What the user says in the middle of the run."""
        self._conversation.append(_message("user", _text(text)))

    def check(self, *, ok: bool, check: str = "the result is right", detail: str | None = None) -> None:
        """An outcome recorded on the root."""
        told = {"whyspan.outcome.ok": ok, "whyspan.outcome.check": check}
        if detail is not None:
            told["whyspan.outcome.detail"] = detail
        self.root.events.append({"name": "whyspan.outcome", "time_ns": self._now, "attributes": told})

    def run(self) -> Run:
        """The run so far."""
        return assemble("run", self.spans, [])

    def diagnose(self) -> Diagnosis:
        """The diagnosis of the run so far."""
        return diagnose(self.run())

    def findings(self, detector: str) -> list[Finding]:
        """What one detector finds."""
        assert detector in BY_NAME
        return [finding for finding in detect(build_case(self.run())) if finding.detector == detector]


def _text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def _message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


@pytest.fixture(params=NAMES)
def recording(request: pytest.FixtureRequest) -> tuple[list[Span], list[Log]]:
    """The spans and logs of each recording in turn."""
    return read_sample(request.param)


@pytest.fixture
def script() -> type[Script]:
    """Writes runs down; see `Script`."""
    return Script


@pytest.fixture
def sample_run() -> Callable[[str], Run]:
    """The run of a recording that holds one."""

    def read(name: str) -> Run:
        [run] = runs_of(*read_sample(name))
        return run

    return read
