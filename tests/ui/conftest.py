"""Data folders for the dashboard: an empty one, and one with a run full of hostile text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import whyspan
from whyspan.testing import capture

HOSTILE = (
    "<script>alert(1)</script> $x$ [a](javascript:alert(2)) :red[b] <img src=x onerror=alert(3)> \U0001f9e8 العربية"
)


@pytest.fixture(scope="session")
def hostile() -> str:
    """What the hostile run has wherever text can stand."""
    return HOSTILE


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder without a run."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="session")
def hostile_data(fill: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One failed run whose every text is an attack on whoever shows it."""
    with capture() as captured:
        hostile_agent()
    return fill(tmp_path_factory.mktemp("hostile"), [encode_spans(captured.spans).SerializeToString()])


def hostile_agent() -> None:
    """An agent that decides, asks a model and calls a tool that fails, with `HOSTILE` wherever text can stand."""

    @whyspan.tool(HOSTILE)
    def act(text: str) -> str:
        raise ValueError(text)

    @whyspan.agent(HOSTILE)
    def run(task: str) -> str:
        with whyspan.decision(HOSTILE, options=[HOSTILE + "1", HOSTILE + "2"]) as decision:
            decision.reject(HOSTILE + "2", why=HOSTILE)
            decision.choose(HOSTILE + "1", because=HOSTILE)
        with whyspan.model_call(HOSTILE, messages=[{"role": "user", "content": task}]) as call:
            arguments = {"function": {"name": HOSTILE, "arguments": {HOSTILE: HOSTILE}}, "id": "1"}
            call.respond({"role": "assistant", "reasoning": HOSTILE, "content": HOSTILE, "tool_calls": [arguments]})
        try:
            act(HOSTILE)
        except ValueError:
            whyspan.outcome(ok=False, check=HOSTILE, detail=HOSTILE)
        return HOSTILE

    run(HOSTILE)
