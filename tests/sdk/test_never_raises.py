"""Whatever goes wrong inside Whyspan, the program it observes goes on and gets its results."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import whyspan
from whyspan import faults, runtime
from whyspan.testing import capture


class BrokenTracer:
    def start_span(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no spans today")


class Hostile:
    """A value nothing can be done with."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no message")


@pytest.fixture
def _in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are contained, as outside pytest, and none was logged before."""
    monkeypatch.setattr(faults, "RAISE", False)
    monkeypatch.setattr(faults, "_said", set())


@whyspan.tool
def echo(value: Any) -> Any:
    return value


@whyspan.tool
def stream(value: Any) -> Iterator[Any]:
    yield value


@whyspan.tool
async def later(value: Any) -> Any:
    return value


@whyspan.tool
async def ticks(value: Any) -> AsyncIterator[Any]:
    yield value


def everything(value: Any) -> list[Any]:
    """One use of every part of the SDK; returns what the program computed."""

    async def collect() -> list[Any]:
        return [await later(value), *[item async for item in ticks(value)]]

    with whyspan.agent("lead", task=value) as agent:
        results = [echo(value), *stream(value), *asyncio.run(collect())]
        with whyspan.model_call("gpt", messages=value, tools=[value], parameters={"seed": value}) as call:
            call.respond(value)
        with whyspan.handoff("other", payload=value), whyspan.decision("Now?", options=[value]) as d:
            d.reject(value, why=value)
            d.choose("yes", because=value, evidence=[value, call, agent])
        whyspan.outcome(ok=True, check="fine", detail=value)
        agent.set_result(value)
    return results


@pytest.mark.usefixtures("_in_production")
def test_a_broken_tracer(caplog: pytest.LogCaptureFixture) -> None:
    """When no span can be started the program still runs, and one line says why telemetry is missing."""
    value = {"a": 1}
    previous = runtime.use(BrokenTracer())  # type: ignore[arg-type]
    try:
        results = everything(value)
    finally:
        runtime.use(previous)

    assert all(result is value for result in results)
    assert len(results) == 4
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1
    assert "your code is still running" in caplog.text


@pytest.mark.usefixtures("_in_production")
@pytest.mark.parametrize("value", [Hostile(), {"k": Hostile()}, None, -1, b"\xff", float("inf"), object(), range(3)])
def test_hostile_values(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No value a program may hold disturbs it, wherever it is given to the SDK, nor loses a span."""
    with capture() as captured:
        results = everything(value)

    assert all(result is value for result in results)
    assert len(captured.spans) == 8
    assert [decision.choice for decision in captured.decisions] == ["yes"]


def test_hostile_exceptions() -> None:
    """An exception that cannot be printed is recorded by its type and raised."""

    @whyspan.tool
    def fail() -> None:
        raise HostileError

    with capture() as captured, pytest.raises(HostileError):
        fail()

    assert captured.spans[0].attributes["error.type"].endswith("HostileError")
    assert captured.spans[0].events[0].attributes["exception.message"] == "[whyspan: unreadable]"


def test_internal_errors_show_in_tests() -> None:
    """Under pytest an internal error is raised, so that our own tests cannot miss one."""
    previous = runtime.use(BrokenTracer())  # type: ignore[arg-type]
    try:
        with pytest.raises(RuntimeError, match="no spans today"), whyspan.agent("lead"):
            pass
    finally:
        runtime.use(previous)


def test_without_configure() -> None:
    """Nothing is recorded before `configure()`, and everything runs."""
    assert runtime.tracer() is None
    value = {"a": 1}

    assert all(result is value for result in everything(value))


def test_a_choice_can_be_read_without_configure() -> None:
    """A program may branch on its decision whether or not it is recorded."""
    with whyspan.decision("Now?", options=["yes", "no"]) as d:
        d.choose("no")

    assert d.choice == "no"


@pytest.mark.usefixtures("_in_production")
def test_an_unknown_effect(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt effect is reported with the right ones and left out."""

    @whyspan.tool(effect="harmless")  # type: ignore[call-overload]
    def poke() -> str:
        return "poked"

    with capture() as captured:
        assert poke() == "poked"

    assert "whyspan.tool.effect" not in captured.spans[0].attributes
    assert "'harmless'" in caplog.text
    assert "irreversible" in caplog.text


@pytest.mark.usefixtures("_in_production")
def test_an_idempotency_key_that_cannot_be_made() -> None:
    """A key function of the program's own that fails costs the key, neither the span nor the call."""

    @whyspan.tool(idempotency_key=lambda **_: 1 / 0)
    def refund(order_id: str) -> str:
        return order_id

    with capture() as captured:
        assert refund("o-17") == "o-17"

    assert "whyspan.tool.idempotency_key" not in captured.spans[0].attributes
