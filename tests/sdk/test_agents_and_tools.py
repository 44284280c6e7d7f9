"""Agents and tools become spans in OpenTelemetry's GenAI form, however they are written."""

import asyncio
import contextvars
import json
import threading
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

import whyspan
from whyspan.testing import Captured, capture


def spans_by_name(captured: Captured) -> dict[str, ReadableSpan]:
    return {span.name: span for span in captured.spans}


def parent_id(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


@whyspan.tool(effect="pure-read")
def search(query: str, limit: int = 5) -> list[dict[str, Any]]:
    """Finds orders."""
    return [{"id": "o1", "query": query}]


def test_decorated_agent_and_tool() -> None:
    """A decorated agent and its tool leave a run with task, arguments, result and answer."""

    @whyspan.agent
    def support(task: str) -> str:
        return search("shoes")[0]["id"]

    with capture() as captured:
        assert support("refund my shoes") == "o1"

    spans = spans_by_name(captured)
    root, tool = spans["invoke_agent support"], spans["execute_tool search"]
    assert root.parent is None
    assert parent_id(tool) == root.context.span_id
    assert root.attributes["whyspan.kind"] == "agent"
    assert root.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert root.attributes["gen_ai.agent.name"] == "support"
    assert root.attributes["whyspan.run.task"] == "refund my shoes"
    assert json.loads(root.attributes["gen_ai.output.messages"])[0]["parts"] == [{"type": "text", "content": "o1"}]
    assert dict(tool.attributes) == {
        "whyspan.kind": "tool",
        "whyspan.tool.effect": "pure-read",
        "gen_ai.agent.name": "support",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": '{"query": "shoes", "limit": 5}',
        "gen_ai.tool.call.result": '[{"id": "o1", "query": "shoes"}]',
    }


def test_blocks() -> None:
    """The `with` forms record the same as the decorators."""
    with capture() as captured:
        settings: dict[str, Any] = {"constraints": ["never twice"], "session": "s1", "user": "u1", "run_id": "r1"}
        with whyspan.agent("support", task="refund", **settings) as agent:
            with whyspan.tool("search", effect="pure-read", arguments={"query": "x"}, call_id="c1") as tool:
                tool.set_result(["o1"])
            agent.set_result("done")

    spans = spans_by_name(captured)
    root, called = spans["invoke_agent support"].attributes, spans["execute_tool search"].attributes
    assert (root["whyspan.run.id"], root["whyspan.run.constraints"]) == ("r1", ("never twice",))
    assert (root["gen_ai.conversation.id"], root["user.id"]) == ("s1", "u1")
    assert (called["gen_ai.tool.call.id"], called["gen_ai.tool.call.result"]) == ("c1", '["o1"]')


def test_nested_agents_share_the_run() -> None:
    """A sub-agent works in the run of the agent that called it; two calls of the outer one are two runs."""

    @whyspan.agent("helper")
    def helper(question: str) -> str:
        return search(question)[0]["id"]

    @whyspan.agent("lead")
    def lead(task: str) -> str:
        return helper("x")

    with capture() as captured:
        lead("one")
        lead("two")

    agents = [span for span in captured.spans if span.attributes["whyspan.kind"] == "agent"]
    ids = [(span.attributes["gen_ai.agent.name"], span.attributes["whyspan.run.id"]) for span in agents]
    assert ids[0][1] == ids[1][1] != ids[2][1] == ids[3][1]
    assert [name for name, _ in ids] == ["lead", "helper"] * 2
    assert {span.attributes["gen_ai.agent.name"] for span in captured.spans if "tool" in span.name} == {"helper"}


def test_an_agents_input_is_data() -> None:
    """Arguments that are data are the agent's input; a client it works with is not."""

    @whyspan.agent
    def support(task: str, order: dict[str, Any], client: object) -> None:
        pass

    with capture() as captured:
        support("refund", {"id": "o1"}, object())

    (message,) = json.loads(captured.spans[0].attributes["gen_ai.input.messages"])
    assert json.loads(message["parts"][0]["content"]) == {"task": "refund", "order": {"id": "o1"}}
    assert captured.spans[0].attributes["whyspan.run.task"] == "refund"


def test_methods() -> None:
    """A decorated method records its arguments without the object it is called on."""

    class Shop:
        @whyspan.tool
        def price(self, item: str) -> float:
            return 9.5

    with capture() as captured:
        assert Shop().price("shoe") == 9.5

    assert captured.spans[0].attributes["gen_ai.tool.call.arguments"] == '{"item": "shoe"}'


def test_exceptions() -> None:
    """An exception is recorded where it happened and in every agent it ends, and raised unchanged."""

    class OutOfStockError(Exception):
        pass

    @whyspan.tool
    def replace(item: str) -> None:
        raise OutOfStockError(item)

    @whyspan.agent
    def support(task: str) -> None:
        replace("shoe")

    with capture() as captured, pytest.raises(OutOfStockError, match="shoe"):
        support("x")

    for span in captured.spans:
        assert span.status.status_code is trace.StatusCode.ERROR
        assert span.attributes["error.type"].endswith("OutOfStockError")
        assert [event.attributes["exception.message"] for event in span.events] == ["shoe"]
        assert "in replace" in span.events[0].attributes["exception.stacktrace"]


def test_wrong_arguments_raise_as_ever() -> None:
    """A call that does not fit the function raises its own TypeError, recorded with the arguments as passed."""
    with capture() as captured, pytest.raises(TypeError, match="unexpected keyword"):
        search("x", size=3)  # type: ignore[call-arg]

    assert captured.spans[0].attributes["gen_ai.tool.call.arguments"] == '{"0": "x", "size": 3}'


def test_coroutines_keep_their_spans_apart() -> None:
    """Concurrent tasks of one agent are siblings; none becomes the parent of another."""

    @whyspan.tool
    async def fetch(page: int) -> int:
        await asyncio.sleep(0)
        return search(str(page)) and page

    @whyspan.agent
    async def reader(task: str) -> list[int]:
        return list(await asyncio.gather(*map(fetch, range(3))))

    with capture() as captured:
        assert asyncio.run(reader("read")) == [0, 1, 2]

    root = spans_by_name(captured)["invoke_agent reader"].context.span_id
    fetches = {span.context.span_id: span for span in captured.spans if span.name == "execute_tool fetch"}
    assert {parent_id(span) for span in fetches.values()} == {root}
    assert {parent_id(span) for span in captured.spans if span.name == "execute_tool search"} == set(fetches)


def test_a_cancelled_tool_says_so() -> None:
    """Cancellation is recorded and goes on."""

    @whyspan.tool
    async def slow() -> None:
        await asyncio.sleep(60)

    async def impatient() -> None:
        await asyncio.wait_for(slow(), timeout=0.01)

    with capture() as captured, pytest.raises(TimeoutError):
        asyncio.run(impatient())

    assert captured.spans[0].attributes["error.type"].endswith("CancelledError")


def test_threads_with_a_copied_context() -> None:
    """A thread that runs in a copy of the context works in the same run."""
    with capture() as captured, whyspan.agent("lead"):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(search, "x"))
        thread.start()
        thread.join()

    spans = spans_by_name(captured)
    assert parent_id(spans["execute_tool search"]) == spans["invoke_agent lead"].context.span_id


def test_functions_keep_their_face() -> None:
    """A decorated function has the name, documentation and signature of the original."""
    assert (search.__name__, search.__doc__) == ("search", "Finds orders.")
    assert search.__wrapped__.__code__.co_varnames[:2] == ("query", "limit")  # type: ignore[attr-defined]


def test_a_missing_agent_is_no_obstacle() -> None:
    """A tool outside any agent is recorded on its own."""
    with capture() as captured:
        search("x")

    assert [span.name for span in captured.spans] == ["execute_tool search"]
