"""Nothing secret leaves the process, whoever recorded it, and what is not secret stays as it is."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

import whyspan
from whyspan import Redaction, faults, runtime
from whyspan.delivery import Delivery
from whyspan.losses import Losses
from whyspan.masking import Masker
from whyspan.outlets import ExporterOutlet
from whyspan.redaction import ContentMode, Redactor
from whyspan.values import ATTRIBUTE_LIMIT, TEXT_LIMIT

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"


class Sent:
    """What leaves the process under some settings."""

    def __init__(self, redaction: Redaction | None = None, content: ContentMode = "full") -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        losses = Losses()
        self.provider.add_span_processor(
            Delivery(ExporterOutlet(self._exporter, losses), Redactor(redaction or Redaction(), content), losses)
        )

    def spans(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        return list(self._exporter.get_finished_spans())

    def attribute(self, name: str, value: Any) -> Any:
        """What an attribute of a span of somebody else becomes."""
        self.provider.get_tracer("theirs").start_span("x", attributes={name: value}).end()
        return (self.spans()[-1].attributes or {}).get(name)


@pytest.fixture
def sent() -> Iterator[Sent]:
    sent = Sent()
    previous = runtime.use(sent.provider.get_tracer("whyspan"))
    yield sent
    runtime.use(previous)
    sent.provider.shutdown()


def test_secrets_in_our_spans(sent: Sent) -> None:
    """By name at any depth, also in JSON within JSON, with the number of what was masked."""

    @whyspan.tool
    def login(user: str, password: str, options: dict[str, Any]) -> dict[str, Any]:
        return {"access_token": "abcdefgh", "tokens": 3, "nested": [{"apiKey": "k-1"}]}

    login("ada", "hunter2", {"body": json.dumps({"client_secret": "s3cr3t", "page_token": "p2"})})
    attributes = sent.spans()[0].attributes or {}
    arguments = json.loads(str(attributes["gen_ai.tool.call.arguments"]))
    assert (arguments["user"], arguments["password"]) == ("ada", "[whyspan: masked password]")
    inner = json.loads(arguments["options"]["body"])
    assert inner == {"client_secret": "[whyspan: masked client_secret]", "page_token": "p2"}
    assert json.loads(str(attributes["gen_ai.tool.call.result"])) == {
        "access_token": "[whyspan: masked access_token]",
        "tokens": 3,
        "nested": [{"apiKey": "[whyspan: masked apiKey]"}],
    }
    assert attributes["whyspan.redacted"] == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk-proj-abcdefghijklmnopqrstuvwx here", "key [whyspan: masked API key] here"),
        ("AKIAIOSFODNN7EXAMPLE", "[whyspan: masked API key]"),
        ("ghp_" + "a1" * 20, "[whyspan: masked API key]"),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [whyspan: masked bearer token]"),
        (f"id {JWT}.", "id [whyspan: masked JSON web token]."),
        (f"before\n{PEM}\nafter", "before\n[whyspan: masked private key]\nafter"),
        ("paid with 4111 1111 1111 1111 today", "paid with [whyspan: masked card number] today"),
        ("postgres://ada:secret@db:5432/shop", "postgres://[whyspan: masked login]@db:5432/shop"),
        ("GET /?api_key=abc123&q=shoes", "GET /?api_key=[whyspan: masked api_key]&q=shoes"),
        ('{"password": "hunter2", "cut', '{"password": "[whyspan: masked password]", "cut'),
    ],
)
def test_secrets_by_their_shape(text: str, expected: str) -> None:
    """In any text, wherever it stands."""
    masked, count = Masker().text(text)

    assert (masked, count) == (expected, int(text != expected))


@pytest.mark.parametrize(
    "text",
    [
        "order 4111 1111 1111 1112 of 1763823600000000000 ns",
        "max_tokens=200000&next_page_token=abcdef",
        '{"input_tokens": 1200, "author": "Ada", "key": "order", "password": "", "secretary": "Bo", "token_count": 4}',
        '{"logprobs": [{"token": "Hello", "logprob": -0.1}]}',
        "4f2c1c9e-4111-4111-8111-111111111111",
        "the risk-based sk-learn pipeline",
        '{"a":1,  "secret_sauce" :null}',
    ],
)
def test_what_is_no_secret(text: str) -> None:
    """Long numbers, ids, usage counts and the like are left alone, to the letter."""
    assert Masker().text(text) == (text, 0)


def test_spans_of_others(sent: Sent) -> None:
    """Attributes, events and status of any span on the provider pass the same place."""
    tracer = sent.provider.get_tracer("theirs")
    given = {"http.request.header.authorization": ["Basic YWRhOmx"], "input.value": "use sk-abcdefghijklmnopqrstuvwxyz"}

    def fail() -> None:
        with tracer.start_as_current_span("GET", attributes=given):
            raise ValueError("bad key sk-abcdefghijklmnopqrstuvwxyz")

    with pytest.raises(ValueError, match="sk-"):
        fail()

    (span,) = sent.spans()
    assert "sk-abc" not in str(span.to_json())
    assert "YWRhOmx" not in str(span.to_json())
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["whyspan.redacted"] == 6  # the traceback holds it twice


def test_further_names_and_emails() -> None:
    """E-mail addresses and names of the program's own are masked where it asks for it."""
    assert Sent().attribute("note", "ada@example.org") == "ada@example.org"
    strict = Sent(Redaction(emails=True, names=["iban"]))
    assert strict.attribute("note", "to ada@example.org") == "to [whyspan: masked e-mail address]"
    assert json.loads(strict.attribute("body", '{"IBAN": "DE02"}')) == {"IBAN": "[whyspan: masked IBAN]"}


def test_secrets_may_be_sent() -> None:
    """Whoever switches it off gets everything."""
    assert Sent(Redaction(secrets=False)).attribute("password", "hunter2") == "hunter2"


def test_a_custom_function(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees every attribute; one that raises costs the value, never the secret."""
    monkeypatch.setattr(faults, "_said", set())

    def custom(key: str, value: Any) -> Any:
        if key == "broken":
            raise KeyError(key)
        return value.replace("Ada", "A.") if isinstance(value, str) else value

    sent = Sent(Redaction(custom=custom))
    assert sent.attribute("note", "Ada called") == "A. called"
    with caplog.at_level(logging.WARNING):
        assert sent.attribute("broken", "Ada") == "[whyspan: masked broken]"
    assert "masked whole" in caplog.text


def test_metadata_only() -> None:
    """Without content: how the agent worked stays, what about does not, whoever recorded it."""
    sent = Sent(content="metadata")
    previous = runtime.use(sent.provider.get_tracer("whyspan"))
    try:
        with whyspan.agent("support", task="Ada's shoes"), whyspan.tool("find", arguments={"who": "Ada"}) as tool:
            tool.set_result({"order": "Ada"})
            with whyspan.decision("Refund Ada?", options=["Ada yes"]) as d:
                d.choose("Ada yes", because="Ada", confidence=0.5)
    finally:
        runtime.use(previous)
    assert sent.attribute("input.value", "Ada") is None
    spans = sent.spans()
    assert "Ada" not in "".join(span.to_json() for span in spans)
    decided, found = spans[0].attributes or {}, spans[1].attributes or {}
    assert (decided["whyspan.kind"], decided["whyspan.decision.confidence"]) == ("decision", 0.5)
    assert found["gen_ai.tool.name"] == "find"


def test_hashes() -> None:
    """Hashes tell equal texts from different ones."""
    one, same, other = (Sent(content="hashes").attribute("note", text) for text in ("Ada", "Ada", "Bo"))

    assert one == same != other
    assert one.startswith("sha256:")


def test_enormous_attributes_of_others() -> None:
    """A span of somebody else is cut, and says so."""
    value = Sent().attribute("input.value", "x" * (ATTRIBUTE_LIMIT + 5))

    assert value.endswith(f"[whyspan: cut, {ATTRIBUTE_LIMIT + 5} characters]")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("password"), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_stays_json(value: Any) -> None:
    """Whatever is masked within, JSON can still be read."""
    text = json.dumps(value)
    masked, count = Masker(emails=True).text(text)

    assert count or masked == text
    if text[0] in "{[":
        json.loads(masked)


@given(st.text(alphabet="aA0 =:\"'{}[]@.-_/sk4tokenpwd\n", max_size=300))
def test_any_text_passes(text: str) -> None:
    """No text upsets it, and masking what is masked changes nothing."""
    masked, _ = Masker(emails=True).text(text)

    assert isinstance(masked, str)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["eyJ", "a-", "sk-", "://a:", "4111 ", '"key": "', "-----BEGIN PRIVATE KEY", "a@", "="]
)
def test_hostile_text_takes_no_longer(piece: str) -> None:
    """A text made to keep a pattern busy, as long as an attribute may be, is searched in linear time."""
    text = piece * (TEXT_LIMIT // len(piece))

    Masker(emails=True).text(text)
    Masker(emails=True).text(json.dumps([text]))


def test_equal_operations_have_one_key(sent: Sent) -> None:
    """The same tool with the same arguments has the same key, which a replay looks results up by."""
    for query in ("shoes", "shoes", "laces"):
        with whyspan.tool("search", arguments={"query": query}):
            pass

    first, second, third = ((span.attributes or {})["whyspan.operation.key"] for span in sent.spans())
    assert first == second != third
