"""Generators stay generators: sending, throwing and closing work, and their span never leaks into the consumer."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry import trace

import whyspan
from whyspan.testing import capture


@whyspan.tool
def probe(place: str) -> None:
    """Leaves a span that shows which one was current."""


def parents(captured_spans: list[trace.Span]) -> dict[str, str | None]:
    names = {span.context.span_id: span.name for span in captured_spans}
    probes = [span for span in captured_spans if span.name == "execute_tool probe"]
    return {
        span.attributes["gen_ai.tool.call.arguments"]: names[span.parent.span_id] if span.parent else None
        for span in probes
    }


@whyspan.agent
def stream(task: str) -> Iterator[str]:
    for word in ("one ", "two"):
        probe("inside")
        yield word


def test_consumer_is_outside() -> None:
    """Between two items the consumer has its own current span; the stream is recorded as one text."""
    with capture() as captured:
        words = []
        for word in stream("count"):
            probe("outside")
            words.append(word)

    assert words == ["one ", "two"]
    assert parents(captured.spans) == {
        '{"place": "inside"}': "invoke_agent stream",
        '{"place": "outside"}': None,
    }
    root = captured.spans[0]
    assert '"content": "one two"' in root.attributes["gen_ai.output.messages"]
    assert root.status.status_code is trace.StatusCode.UNSET


def test_async_generators() -> None:
    """The same holds for async generators."""

    @whyspan.agent
    async def ticks(task: str) -> AsyncIterator[int]:
        for number in range(2):
            probe("inside")
            yield number

    async def consume() -> list[int]:
        seen = []
        async for number in ticks("count"):
            probe("outside")
            seen.append(number)
        return seen

    with capture() as captured:
        assert asyncio.run(consume()) == [0, 1]

    assert parents(captured.spans) == {
        '{"place": "inside"}': "invoke_agent ticks",
        '{"place": "outside"}': None,
    }


def test_send_throw_and_return() -> None:
    """Values sent, exceptions thrown and the value returned pass through."""

    @whyspan.tool
    def dialogue() -> Iterator[str]:
        try:
            heard = yield "ready"
            yield f"heard {heard}"
        except KeyError:
            yield "caught"
        return "end"

    with capture() as captured:
        talk = dialogue()
        assert next(talk) == "ready"
        assert talk.send("you") == "heard you"  # type: ignore[attr-defined]
        assert talk.throw(KeyError("x")) == "caught"  # type: ignore[attr-defined]
        with pytest.raises(StopIteration) as stop:
            next(talk)

    assert stop.value.value == "end"
    assert captured.spans[0].attributes["gen_ai.tool.call.result"] == '"end"'


def test_closed_early() -> None:
    """A consumer that stops early has closed the generator, which is no failure; what was produced is recorded."""
    cleaned = []

    @whyspan.tool
    def endless() -> Iterator[int]:
        try:
            yield from iter(int, 1)
        finally:
            cleaned.append(True)

    with capture() as captured:
        numbers = endless()
        assert [next(numbers), next(numbers)] == [0, 0]
        numbers.close()  # type: ignore[attr-defined]

    assert cleaned == [True]
    assert captured.spans[0].attributes["gen_ai.tool.call.result"] == "[0, 0]"
    assert captured.spans[0].status.status_code is trace.StatusCode.UNSET


def test_failing_generator() -> None:
    """A generator that raises is recorded as failed, with what it produced before."""

    @whyspan.tool
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with capture() as captured, pytest.raises(ValueError, match="no more"):
        list(failing())

    assert captured.spans[0].attributes["error.type"] == "ValueError"
    assert captured.spans[0].attributes["gen_ai.tool.call.result"] == "[1]"


def test_long_streams_are_bounded() -> None:
    """Of an endless stream the beginning is recorded, and that it was cut."""

    @whyspan.tool
    def numbers() -> Iterator[int]:
        yield from range(5000)

    with capture() as captured:
        assert sum(numbers()) == 12497500

    assert captured.spans[0].attributes["gen_ai.tool.call.result"].endswith('999, "[whyspan: cut after 1000 items]"]')
