"""Sync and async are recorded alike: a plain function, a coroutine, a generator and an async generator, by every decorator."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import whyspan
from whyspan.testing import capture

DECORATORS: dict[str, Callable[[Any], Any]] = {
    "agent": whyspan.agent("work", constraints=["be kind"]),
    "tool": whyspan.tool("work", effect="pure-read"),
    "retrieval": whyspan.retrieval(source="work"),
    "decision": whyspan.decision("Which?", options=["orchids", "tulips"]),
}
"""Everything that decorates."""


def plain(query: str, *, fail: bool = False) -> str:
    whyspan.state("seen", query)
    if fail:
        raise KeyError(query)
    return "tulips"


async def coroutine(query: str, *, fail: bool = False) -> str:
    await asyncio.sleep(0)
    return plain(query, fail=fail)


def generator(query: str, *, fail: bool = False) -> Iterator[str]:
    yield "tul"
    plain(query, fail=fail)
    yield "ips"


async def async_generator(query: str, *, fail: bool = False) -> AsyncIterator[str]:
    yield "tul"
    await asyncio.sleep(0)
    plain(query, fail=fail)
    yield "ips"


def finish(made: Any) -> str:
    """What the function says, however it says it."""

    async def gather() -> str:
        return "".join([piece async for piece in made])

    if isinstance(made, str):
        return made
    if hasattr(made, "__aiter__"):
        return asyncio.run(gather())
    return asyncio.run(made) if hasattr(made, "__await__") else "".join(made)


def recorded(decorate: Callable[[Any], Any], function: Any, *, fail: bool) -> list[Any]:
    """What the spans and their events say, but for ids, times and lines of code."""
    traced = decorate(function)
    with capture() as captured, whyspan.agent("lead"):
        if fail:
            with pytest.raises(KeyError):
                finish(traced("spring", fail=True))
        else:
            assert finish(traced("spring")) == "tulips"
    span = captured.spans[1]
    attributes = {key: value for key, value in (span.attributes or {}).items() if key != "whyspan.run.id"}
    events = [
        (event.name, {key: value for key, value in (event.attributes or {}).items() if key != "exception.stacktrace"})
        for event in span.events
    ]
    return [span.name, attributes, events, span.status.status_code, span.parent == captured.spans[0].context]


@pytest.mark.parametrize("fail", [False, True], ids=["returns", "raises"])
@pytest.mark.parametrize("name", DECORATORS)
def test_twins(name: str, fail: bool) -> None:
    """The four kinds of function leave the same span, whether they return or raise."""
    spans = [recorded(DECORATORS[name], each, fail=fail) for each in (plain, coroutine, generator, async_generator)]

    if fail and name != "decision":  # what a generator had said before it failed is kept
        for span in spans[2:]:
            partial = {key: value for key, value in span[1].items() if key not in spans[0][1]}
            assert "tul" in json.dumps(partial)
            span[1] = {key: value for key, value in span[1].items() if key in spans[0][1]}
    if fail and name == "decision":  # and pieces are no choice: an unfinished decision is undecided
        assert not [span for span in spans if "whyspan.decision.choice" in span[1]]
    assert all(span == spans[0] for span in spans)
    assert spans[0][4]


def test_cancelled_twins() -> None:
    """A coroutine and an async generator that are cancelled say so in the same words."""

    async def wait(query: str) -> None:
        await asyncio.sleep(60)

    async def wait_and_yield(query: str) -> AsyncIterator[str]:
        await asyncio.sleep(60)
        yield "never"

    async def cancel(made: Any) -> None:
        async def run() -> None:
            if hasattr(made, "__aiter__"):
                async for _ in made:
                    pass
            else:
                await made

        task = asyncio.create_task(run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with capture() as captured:
        for function in (wait, wait_and_yield):
            asyncio.run(cancel(whyspan.tool("wait")(function)("q")))

    assert [(span.attributes or {})["error.type"] for span in captured.spans] == [
        "asyncio.exceptions.CancelledError"
    ] * 2
