"""Whatever a program hands to whichever public name: its own work goes on, and the span arrives with the value marked."""

import itertools
import json
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from unittest.mock import NonCallableMagicMock

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan

import whyspan
from whyspan import otlp
from whyspan.chain import Chains
from whyspan.redaction import Redactor
from whyspan.testing import capture

Run = Any


def refuse(*_: Any, **__: Any) -> Any:
    raise RuntimeError("no")


class Hostile:
    """Every question about it is refused."""

    __class__ = property(refuse)  # type: ignore[assignment]
    __getattr__ = __len__ = __iter__ = __bool__ = __eq__ = __lt__ = __float__ = __int__ = __index__ = refuse
    __contains__ = __getitem__ = __str__ = __repr__ = __format__ = __hash__ = refuse  # type: ignore[assignment]


class HostileText(str):  # noqa: SLOT000 - as a program would write it
    __len__ = __eq__ = __str__ = __repr__ = __format__ = __hash__ = __iter__ = refuse  # type: ignore[assignment]
    isascii = encode = lower = refuse  # type: ignore[assignment]


class HostileNumber(int):
    __float__ = __int__ = __str__ = __repr__ = __eq__ = __lt__ = __le__ = __and__ = __hash__ = refuse  # type: ignore[assignment]


class HostileDict(dict[str, int]):
    items = keys = values = get = __iter__ = __len__ = __bool__ = __getitem__ = refuse  # type: ignore[assignment]


class HostileMapping(UserDict[str, int]):
    items = keys = values = get = __iter__ = __len__ = refuse  # type: ignore[assignment]


class Endless(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return (f"{number:0100}" for number in itertools.count())  # the limit is one of characters: soon reached

    def __len__(self) -> int:
        return 0


class Dumped:
    """Looks like pydantic's."""

    model_dump = refuse


def cyclic() -> list[Any]:
    value: list[Any] = [1]
    value.append(value)
    return value


def nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


MARK = "[whyspan:"
JSON = {
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.retrieval.documents",
    "gen_ai.tool.definitions",
    "whyspan.decision.evidence",
    "whyspan.decision.options",
    "whyspan.guard.checked",
    "whyspan.handoff.payload",
    "whyspan.run.versions",
    "whyspan.request.parameters",
}
VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    "everything raises": (Hostile, MARK),
    "text that raises": (lambda: HostileText("abc"), "abc"),
    "number that raises": (lambda: HostileNumber(7), "7"),
    "dictionary that raises": (lambda: HostileDict(a=1), ""),
    "mapping that raises": (HostileMapping, MARK),
    "model that raises": (Dumped, MARK),
    "endless": (itertools.count, MARK),
    "endless mapping": (Endless, ""),
    "cyclic": (cyclic, MARK),
    "enormous text": (lambda: "x" * 2_000_000, MARK),
    "enormous list": (lambda: [[0] * 1000] * 300, MARK),
    "enormous number": (lambda: 10**5000, MARK),
    "nested": (nested, MARK),
    "lone surrogate": (lambda: "a\ud800b", "a?b"),
    "not a number": (lambda: float("nan"), "nan"),
    "bytes": (lambda: b"\xff", MARK),
    "mock": (NonCallableMagicMock, ""),
}
"""How each is made, and what a span that was given it says."""


def agent(value: Any) -> None:
    with whyspan.agent(
        value,
        task=value,
        constraints=value,
        session=value,
        user=value,
        version=value,
        run_id=value,
        versions=value,
        budget=value,
        tags=value,
    ) as run:
        run.set_result(value)


def tool(value: Any) -> None:
    traced = whyspan.tool(value, effect=value, idempotency_key=value, schema=value)(lambda given: given)
    assert traced(value) is value
    with whyspan.tool(value, effect=value, arguments=value, call_id=value, idempotency_key=value, schema=value) as call:
        call.set_result(value)


def retrieval(value: Any) -> None:
    assert whyspan.retrieval(source=value)(lambda query: query)(value) is value
    with whyspan.retrieval(value, source=value) as search:
        search.set_result([(value, 0.5), (value, value), value])


def model_call(value: Any) -> None:
    with whyspan.model_call(value, messages=value, tools=value, parameters=value, provider=value, prompt=value) as call:
        call.chunk(value)
    parameters = {"seed": value, "other": value}
    with whyspan.model_call("m", messages=[value, {"role": value, "content": value}], parameters=parameters) as call:
        call.respond(value, finish_reason=value, input_tokens=value, output_tokens=value, model=value)


def decision(value: Any) -> None:
    with whyspan.decision(value, options=value, reversibility=value, constraints=value) as d:
        d.reject(value, why=value)
        d.choose(value, because=value, confidence=value, evidence=value)
        d.explain(value)
    decide = whyspan.decision("Which?", options=[value])(lambda given: given)
    assert decide(value) is value


def evidence(value: Any) -> None:
    with whyspan.decision("Which?") as d:
        d.choose("yes", evidence=[value, [value], whyspan.Evidence(value, value, value)])


def option(value: Any) -> None:
    with whyspan.decision("Which?", options=[whyspan.Option(value, value, value)]) as d:
        d.choose(whyspan.Option(value, value, value))


def handoff(value: Any) -> None:
    with whyspan.handoff(value, payload=value):
        pass


def guard(value: Any) -> None:
    with whyspan.guard(value, checked=value) as check:
        check.decide(value, because=value)


def ask(value: Any) -> None:
    with whyspan.ask(value, whom=value, options=value) as question:
        question.answer(value)


def prompt(value: Any) -> None:
    with whyspan.model_call("m", prompt=whyspan.Prompt(value, value, value)):
        pass


def notes(value: Any) -> None:
    with whyspan.tool("t"):
        whyspan.state(value, value, access=value, version=value)
        assert whyspan.volatile(value, lambda: value) is value


def feedback(value: Any) -> None:
    whyspan.feedback(value, ok=value, score=value, comment=value, source=value)


def outcome(value: Any) -> None:
    with whyspan.agent("inner"):
        whyspan.outcome(ok=value, check=value, detail=value)
        whyspan.outcome(ok=True, check=value, detail=value)


def carried(value: Any) -> None:
    assert whyspan.carrier(environment=value)
    for each in (value, {"traceparent": value, "baggage": value}):
        with whyspan.continued(each), whyspan.tool("t", arguments=value):
            pass


def propagate(value: Any) -> None:
    assert whyspan.propagate(lambda given: given)(value) is value
    with whyspan.tool("t", arguments=value):
        whyspan.instrument(value)


class Hostile(Exception):
    """An error made of the value."""


def guarded(value: Any) -> None:
    rules = [
        {"id": "never-so", "kind": "absence", "a": 'size(invented("args")) > 99 || repeats() > 5 || count("t") > 5'}
    ]
    with whyspan.guard(rules=rules), whyspan.agent("a", task=value, constraints=value, budget=value) as run:
        with whyspan.model_call("m", messages=value, tools=value) as call:
            call.respond(value, finish_reason=value, input_tokens=value)
        with whyspan.tool("t", arguments={"value": value}, schema=value) as used:
            used.set_result(value)
        with suppress(Hostile), whyspan.tool("t", arguments=value):
            raise Hostile(value)
        run.set_result(value)


USES: dict[str, tuple[Callable[[Any], None], int]] = {
    "agent": (agent, 1),
    "tool": (tool, 2),
    "retrieval": (retrieval, 2),
    "model_call": (model_call, 2),
    "decision": (decision, 2),
    "Evidence": (evidence, 1),
    "Option": (option, 1),
    "handoff": (handoff, 1),
    "guard": (guard, 1),
    "GuardBlocked": (guarded, 4),
    "ask": (ask, 1),
    "Prompt": (prompt, 1),
    "state volatile": (notes, 1),
    "feedback": (feedback, 1),
    "outcome": (outcome, 1),
    "carrier continued": (carried, 2),
    "propagate instrument": (propagate, 1),
}
"""What uses the value wherever the name takes one, and how many spans that makes."""
_SETTINGS = {"configure", "flush", "shutdown", "Redaction", "Sampling"}
_TAKE_NOTHING = {"Decision", "Effect", "Instrumentation", "Kind", "Outcome", "Verdict", "__version__"}
"""What is read, not written; the enumerations are Python's."""


def test_no_public_name_is_left_out() -> None:
    """A name that is added to the SDK is added here."""
    used = {name for names in USES for name in names.split()}

    assert used | _SETTINGS | _TAKE_NOTHING == set(whyspan.__all__)


def delivered(spans: list[ReadableSpan]) -> tuple[int, bytes]:
    """How many spans a collector gets, and the request with all that they say; what is to be JSON is JSON."""
    prepared = [Redactor(whyspan.Redaction(secrets=False), "full")(span) for span in spans]
    body = b"".join(body for body, _ in otlp.requests(prepared, {}, Chains()))
    request = ExportTraceServiceRequest.FromString(body)
    arrived = [span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
    for span in arrived:
        for pair in span.attributes:
            if pair.key in JSON:
                json.loads(pair.value.string_value)
    return len(arrived), body


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", USES)
def test_hostile_values(name: str, value: str) -> None:
    """Nothing raises, not even internally; every span is delivered, and says what it was given or why it cannot."""
    use, spans = USES[name]
    make, said = VALUES[value]

    with capture() as captured, whyspan.agent("around"):
        use(make())

    arrived, body = delivered(captured.spans)
    assert arrived == spans + 1
    assert said.encode() in body
