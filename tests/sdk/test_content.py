"""What leaves the process when content may not: said once at every public call, looked for in every byte that is sent."""

from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import whyspan
from whyspan import Redaction, otlp
from whyspan.chain import Chains
from whyspan.redaction import Redactor
from whyspan.testing import capture

SAID = "the canary sings"


def everything() -> list[ReadableSpan]:
    """A run that has it wherever content goes: arguments, results, messages, decisions, errors, notes, feedback."""

    @whyspan.tool
    def fail(text: str) -> None:
        raise ValueError(text)

    with capture() as captured:
        with whyspan.agent("lead", task=SAID, constraints=[SAID], user=SAID, versions={"model": "m"}) as run:
            with whyspan.tool("search", arguments={"q": SAID}) as search:
                search.set_result([SAID])
                whyspan.state("cart", SAID)
                whyspan.volatile("draw", lambda: SAID)
            with pytest.raises(ValueError, match=SAID):
                fail(SAID)
            with whyspan.retrieval(SAID, source="pages") as found:
                found.set_result([(SAID, 0.5)])
            prompt = whyspan.Prompt("greeting", variables={"name": SAID})
            with whyspan.model_call("m", messages=SAID, parameters={"stop_sequences": [SAID]}, prompt=prompt) as call:
                call.respond(SAID, input_tokens=7)
            with whyspan.guard("limit", checked=SAID) as guard:
                guard.decide("block", because=SAID)
            with whyspan.ask(SAID, whom=SAID, options=[SAID]) as question:
                question.answer(SAID)
            with whyspan.handoff("billing", payload=SAID):
                pass
            with whyspan.decision(SAID, options=[SAID, "no"], constraints=[SAID]) as d:
                d.reject("no", why=SAID)
                d.choose(SAID, because=SAID, evidence=[SAID, search], confidence=0.5)
            whyspan.outcome(ok=False, check=SAID, detail=SAID)
            run.set_result(SAID)
        whyspan.feedback("r-1", ok=False, comment=SAID)
    return captured.spans


def sent(content: Any) -> bytes:
    redactor = Redactor(Redaction(), content)
    return b"".join(body for body, _ in otlp.requests([redactor(span) for span in everything()], {}, Chains()))


@pytest.mark.parametrize("content", ["metadata", "hashes"])
def test_no_content(content: str) -> None:
    """Not a word of it, in either mode; names, kinds, verdicts, effects and numbers stay."""
    body = sent(content)

    assert SAID.encode() not in body
    for kept in (b"execute_tool search", b"whyspan.kind", b"handoff billing", b"block", b"ValueError", b"cart"):
        assert kept in body
    assert (b"sha256:" in body) is (content == "hashes")


def test_full_content() -> None:
    """By default all of it is sent, or the test above would find nothing whatever happened."""
    assert sent("full").count(SAID.encode()) > 30


def test_secrets_of_the_process() -> None:
    """Names of spans and what describes the process, such as its command line, pass the same place."""
    exporter = InMemorySpanExporter()
    resource = Resource({"process.command_line": "agent --api-key=" + "sk-" + "a" * 40, "service.name": "shop"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("t").start_span("GET /login?password=hunter2222").end()
    [span] = map(Redactor(Redaction(), "full"), exporter.get_finished_spans())

    assert "hunter2222" not in span.name
    assert "aaaa" not in str(span.resource.attributes["process.command_line"])
    assert span.resource.attributes["service.name"] == "shop"
