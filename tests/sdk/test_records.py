"""What else a run consists of: retrievals, guards, people, state, versions, prompts, streams, feedback."""

import json
import logging
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan

import whyspan
from whyspan import Effect, faults
from whyspan.testing import capture
from whyspan_collector.otlp import decode
from whyspan_collector.records import Content
from whyspan_collector.vocabularies import content


def attributes_of(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def understood(spans: list[ReadableSpan]) -> list[tuple[str, Content]]:
    """Kind and content of the spans, as the collector reads them."""
    decoded = decode("traces", encode_spans(spans).SerializeToString(), "protobuf")
    return [(span.kind.value, content(span, [])) for span in decoded.spans]


def test_retrievals() -> None:
    """Query, source, documents with their scores, as blocks and as decorated functions, in the collector too."""

    @whyspan.retrieval(source="policies")
    def search(query: str, limit: int = 2) -> list[tuple[dict[str, str], float]]:
        return [({"id": "p-4"}, 0.8), ({"id": "p-1"}, 0.3)]

    with capture() as captured, whyspan.agent("lead"):
        found = search("gift cards")
        with whyspan.retrieval("shoes") as again:
            again.set_result(["a page about shoes"])
        with whyspan.decision("Refund?") as d:
            d.choose("no", evidence=[found])

    first, second = captured.spans[1:3]
    assert first.name == "retrieval policies"
    assert attributes_of(first)["gen_ai.retrieval.query.text"] == "gift cards"
    documents = [{"id": "p-4", "score": 0.8}, {"id": "p-1", "score": 0.3}]
    assert json.loads(attributes_of(first)["gen_ai.retrieval.documents"]) == documents
    assert json.loads(attributes_of(second)["gen_ai.retrieval.documents"]) == [{"content": "a page about shoes"}]
    assert captured.decisions[0].evidence[0].ref == format(first.context.span_id, "016x")
    kind, read = understood([first])[0]
    assert (kind, read.input, read.output) == ("retrieval", "gift cards", documents)


def test_guards(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a guard looked at, its verdict and why; a verdict that does not exist is reported and left out."""
    monkeypatch.setattr(faults, "_said", set())
    with capture() as captured:
        with whyspan.guard("refund limit", checked={"amount": 400}) as guard:
            guard.decide("block", because="over 100")
        with whyspan.guard("tone") as guard, caplog.at_level(logging.WARNING):
            guard.decide("maybe")  # type: ignore[arg-type]

    ((kind, read), (_, other)) = understood(captured.spans)
    assert (kind, read.input, read.output) == ("guard", {"amount": 400}, "block")
    assert attributes_of(captured.spans[0])["whyspan.guard.reason"] == "over 100"
    assert other.output is None
    assert "'maybe'" in caplog.text


def test_people() -> None:
    """A question to a person is a tool that reaches people outside, and its answer may be evidence."""
    with capture() as captured, whyspan.agent("lead"):
        with whyspan.ask("Refund 400?", whom="supervisor", options=["yes", "no"]) as question:
            question.answer("no")
        with whyspan.decision("Refund?") as d:
            d.choose("no", evidence=[question])

    asked = attributes_of(captured.spans[1])
    assert (asked["whyspan.kind"], asked["whyspan.tool.effect"]) == ("tool", Effect.EXTERNAL)
    assert (asked["whyspan.human.question"], asked["whyspan.human.name"]) == ("Refund 400?", "supervisor")
    assert (asked["gen_ai.tool.call.result"], captured.decisions[0].evidence[0].quote) == ('"no"', "no")


def test_state_and_volatile_values() -> None:
    """Accesses to state with versions, and values nobody could compute again, stand where they happened."""
    with capture() as captured, whyspan.tool("checkout"):
        whyspan.state("cart", ["tulips"], version=3)
        whyspan.state("cart", [], access="write", version=4)
        assert whyspan.volatile("order id", lambda: "o-17") == "o-17"

    events = [(event.name, dict(event.attributes or {})) for event in captured.spans[0].events]
    assert events[1] == (
        "whyspan.state",
        {
            "whyspan.state.key": "cart",
            "whyspan.state.access": "write",
            "whyspan.state.value": "[]",
            "whyspan.state.version": "4",
        },
    )
    assert events[2] == ("whyspan.volatile", {"whyspan.volatile.name": "order id", "whyspan.volatile.value": '"o-17"'})


def test_without_configure() -> None:
    """None of it needs a recorder, and a volatile function that raises raises as ever."""
    whyspan.state("cart")
    whyspan.feedback("r-1", ok=True)
    assert whyspan.volatile("one", lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        whyspan.volatile("none", lambda: 1 / 0)


def test_what_a_run_is_made_of() -> None:
    """Versions, budget and tags; runs of the same make have the same fingerprint."""

    def made_of(**versions: str) -> dict[str, Any]:
        with (
            capture() as captured,
            whyspan.agent("support", version="1", versions=versions, budget={"usd": 0.5}, tags=["beta"]),
        ):
            pass
        return attributes_of(captured.spans[0])

    one, same, other = made_of(prompt="7", model="m"), made_of(model="m", prompt="7"), made_of(prompt="8", model="m")
    assert one["whyspan.run.fingerprint"] == same["whyspan.run.fingerprint"] != other["whyspan.run.fingerprint"]
    assert json.loads(one["whyspan.run.versions"]) == {"prompt": "7", "model": "m"}
    assert (json.loads(one["whyspan.run.budget"]), one["whyspan.run.tags"]) == ({"usd": 0.5}, ("beta",))


def test_tools_say_more() -> None:
    """A tool's schema and what makes two calls one action, given or made of the arguments."""

    @whyspan.tool(schema={"type": "object"}, idempotency_key=lambda order_id, **_: order_id)
    def refund(order_id: str, amount: float) -> None:
        pass

    with capture() as captured:
        refund("o-17", 40.0)
        with whyspan.tool("pay", idempotency_key="k-1"):
            pass

    decorated, block = map(attributes_of, captured.spans)
    assert (decorated["whyspan.tool.idempotency_key"], decorated["whyspan.tool.schema"]) == (
        "o-17",
        '{"type": "object"}',
    )
    assert block["whyspan.tool.idempotency_key"] == "k-1"


def test_prompts() -> None:
    """The template of a request, its version and what was put into it."""
    prompt = whyspan.Prompt("refund", version="7", variables={"customer": "Ada"})
    with capture() as captured, whyspan.model_call("m", messages="hi", prompt=prompt):
        pass

    told = attributes_of(captured.spans[0])
    assert (told["gen_ai.prompt.name"], told["whyspan.prompt.version"]) == ("refund", "7")
    assert json.loads(told["whyspan.prompt.variables"]) == {"customer": "Ada"}


def test_streams() -> None:
    """A streamed answer is put together, also when it breaks off; how soon it began is recorded."""

    def broken() -> None:
        with whyspan.model_call("m", messages="hi") as call:
            call.chunk("Good ")
            call.chunk("morn")
            raise TimeoutError

    with capture() as captured:
        with pytest.raises(TimeoutError):
            broken()
        with whyspan.model_call("m", messages="hi") as call:
            call.chunk("Good ")
            call.respond("Good morning", finish_reason="stop")

    first, second = map(attributes_of, captured.spans)
    assert first["gen_ai.response.time_to_first_chunk"] >= 0
    (message,) = json.loads(first["gen_ai.output.messages"])
    assert (message["role"], message["parts"][0]["content"]) == ("assistant", "Good morn")
    assert "gen_ai.response.finish_reasons" not in first
    assert json.loads(second["gen_ai.output.messages"])[0]["parts"][0]["content"] == "Good morning"


def test_feedback() -> None:
    """Feedback names its run, and a verdict in it is one more check of the run's outcome."""
    with capture() as captured:
        with whyspan.agent("support") as run:
            pass
        whyspan.feedback(run.run_id or "", ok=False, score=2, comment="wrong order", source="Ada")

    given = captured.spans[1]
    assert given.parent is None
    assert attributes_of(given)["whyspan.run.id"] == run.run_id
    kind, read = understood([given])[0]
    assert (kind, read.output) == ("evaluation", "wrong order")
    assert [(outcome.ok, outcome.check, outcome.detail) for outcome in read.outcomes] == [
        (False, "feedback of Ada", "wrong order")
    ]
