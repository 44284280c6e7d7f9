"""Secrets are masked before anything is written, whichever way they come, and nothing else is changed."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from whyspan_collector import otlp
from whyspan_collector.config import Config, WrongSetting
from whyspan_collector.ingest import Ingest
from whyspan_collector.journal import Journal
from whyspan_collector.redaction import MASK, Redactor, Rules
from whyspan_collector.redaction.names import ENDINGS, WHOLE
from whyspan_collector.redaction.text import mask_text
from whyspan_collector.rows import spans_from_table
from whyspan_collector.store import Store

RULES = Rules()
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
PRIVATE = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
BY_SHAPE = [
    ("sk-proj-abcDEF0123456789abcdef", "api key"),
    ("sk-ant-api03-0123456789abcdefghij", "api key"),
    ("gsk_0123456789abcdefghijklmn", "api key"),
    ("sk_live_0123456789abcdefgh", "api key"),
    ("whsec_0123456789abcdefgh", "api key"),
    ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "api key"),
    ("github_pat_0123456789abcdefghijklmn", "api key"),
    ("glpat-0123456789abcdefghij", "api key"),
    ("xoxb-0123456789-abcdef", "api key"),
    ("AKIA0123456789ABCDEF", "api key"),
    ("ASIA0123456789ABCDEF", "api key"),
    ("AIzaSyA0123456789abcdefghijklmnopqrstuvw", "api key"),
    ("hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "api key"),
    (JWT, "token"),
    (PRIVATE, "private key"),
]


def masked(text: str, rules: Rules = RULES) -> tuple[str, Counter[str]]:
    """The text masked, and what was found."""
    found: Counter[str] = Counter()
    return mask_text(text, rules, found), found


@pytest.mark.parametrize(("secret", "kind"), BY_SHAPE)
def test_a_secret_is_known_by_its_shape(secret: str, kind: str) -> None:
    """In prose and deep inside JSON strings the key is gone, counted as its kind, and the text around it stays."""
    assert masked(f"I used {secret} for it") == (f"I used {MASK} for it", {kind: 1})
    inner = json.dumps({"note": f"first line\n{secret}"})
    text, found = masked(json.dumps({"messages": [{"content": inner}]}))
    assert json.loads(json.loads(text)["messages"][0]["content"])["note"] == f"first line\n{MASK}"
    assert found == {kind: 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdefghij0123456789", f"Authorization: Bearer {MASK}"),
        ("authorization: basic dXNlcjpwYXNz", f"authorization: basic {MASK}"),
        ("postgres://bob:hunter2@db:5432/x", f"postgres://bob:{MASK}@db:5432/x"),
        ("curl https://a.example/?api_key=abcd1234&x=1", f"curl https://a.example/?api_key={MASK}&x=1"),
        ("OPENAI_API_KEY=abcd1234 python x.py", f"OPENAI_API_KEY={MASK} python x.py"),
        ("{'password': 'correct horse', 'n': 1}", f"{{'password': '{MASK}', 'n': 1}}"),
        ("password: hunter2", f"password: {MASK}"),
        ('{"password": "corr', f'{{"password": "{MASK}"'),
        ('{"a": [1, {"client_secret" : "x"}],  "b":1.10}', f'{{"a": [1, {{"client_secret" : "{MASK}"}}],  "b":1.10}}'),
        ('{"credentials": {"user": "bob", "pin": 1234}, "n": 5}', f'{{"credentials": {{"user": "{MASK}", "pin": "{MASK}"}}, "n": 5}}'),
        (json.dumps({"args": json.dumps({"apiKey": 'a"b'})}), json.dumps({"args": json.dumps({"apiKey": MASK})})),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(text: str, expected: str) -> None:
    """After the name of a secret the value is masked, in JSON, truncated JSON, Python's repr and prose; the rest stays byte for byte."""
    assert masked(text)[0] == expected
    assert RULES.may_hold_a_secret(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "the password is required, see password: required",
        "def login(user, password=None): ...",
        '{"input_tokens": 5, "max_tokens": 9, "token": "Hello", "token_count": 3}',
        '{"properties": {"password": {"type": "string", "description": "the password"}}, "required": ["password"]}',
        '{"password": null, "secret": false, "api_key": "", "cookie": "***", "pwd": "[whyspan: redacted]"}',
        "mail bob@example.com about task-management-and-desk-research-2026, or see https://example.com/a:b@c",
        "4111 1111 1111 1111",
        '{"payment_authorization": "A-77", "idempotency_key": "k-1"}',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Token counts, schemas with a parameter called password, empty and masked values and words are left alone."""
    assert masked(text) == (text, {})


def test_cards_are_masked_when_asked_for() -> None:
    """With the rule on, numbers that pass the checksum go and others stay."""
    text, found = masked("card 4111 1111 1111 1111, order 4111111111111112", Rules(cards=True))

    assert (text, found) == (f"card {MASK}, order 4111111111111112", {"card": 1})


def test_the_operator_adds_names_and_shapes() -> None:
    """Configured keys and patterns are masked too; what is no regular expression is refused by name."""
    rules = Rules(keys=["x-patient"], patterns=[r"MRN-\d+"])

    assert masked('{"X_Patient": "Bob", "n": "MRN-12"}', rules)[0] == f'{{"X_Patient": "{MASK}", "n": "{MASK}"}}'
    assert rules.may_hold_a_secret(b"X_Patient")
    assert rules.may_hold_a_secret(b"MRN-12")
    with pytest.raises(WrongSetting, match=r"redact_patterns.*MRN"):
        Rules(patterns=["(MRN"])


def test_the_scan_sees_every_name_and_shape() -> None:
    """Whatever the rules would mask, the scan of the bytes finds, in every usual spelling: nothing is masked otherwise."""
    words = {
        "apikey": ["api", "key"], "privatekey": ["private", "key"], "secretkey": ["secret", "key"],
        "accesskey": ["access", "key"], "accesstoken": ["access", "token"], "refreshtoken": ["refresh", "token"],
        "authtoken": ["auth", "token"], "sessiontoken": ["session", "token"], "idtoken": ["id", "token"],
        "connectionstring": ["connection", "string"], "proxyauthorization": ["proxy", "authorization"],
        "setcookie": ["set", "cookie"],
    }  # fmt: skip
    for name in {*ENDINGS, *WHOLE}:
        parts = words.get(name, [name])
        camel = parts[0] + "".join(part.capitalize() for part in parts[1:])
        for spelt in ("_".join(parts), "-".join(parts), "".join(parts), camel, "_".join(parts).upper(), camel.title()):
            assert RULES.is_secret(f"http.request.header.{spelt}"), spelt
            assert RULES.may_hold_a_secret(f"\x0a\x10{spelt}\x12".encode()), spelt
    for secret, _ in BY_SHAPE:
        assert RULES.may_hold_a_secret(b'"' + secret.encode() + b'"'), secret


@given(st.recursive(st.text(max_size=20) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["password", "a", 'q"\\', "properties"]), inner, max_size=4), max_leaves=20))  # fmt: skip
@example([None, {"password": 0}])
def test_masked_json_is_still_the_same_json(value: Any) -> None:
    """Any JSON stays JSON, with the same structure, and only values under secret names differ."""

    def without(value: Any, secret: bool = False, schema: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                key: without(item, secret or (key == "password" and not schema), key == "properties")
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [without(item, secret, schema=False) for item in value]
        return MASK if secret and (isinstance(value, int) or (value and value.strip("*"))) else value

    text = json.dumps(value)
    result = masked(text)[0]

    if isinstance(value, dict | list):
        assert json.loads(result) == without(value)


def trace_request(secret: str) -> ExportTraceServiceRequest:
    """A request with the secret in every place a span has."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="process.command_line").value.string_value = f"agent --key {secret}"
    scoped = group.scope_spans.add()
    scoped.scope.attributes.add(key="api_key").value.string_value = secret
    span = scoped.spans.add(trace_id=b"\x0b" * 16, span_id=b"12345678", name=f"call {secret}")
    span.status.message = f"rejected {secret}"
    span.attributes.add(key="plain").value.string_value = secret
    span.attributes.add(key="http.request.header.authorization").value.array_value.values.add(string_value="dXNlcg")
    span.attributes.add(key="bytes").value.bytes_value = b"\xff" + secret.encode()
    span.attributes.add(key="password").value.int_value = 1234
    span.attributes.add(key=secret).value.bool_value = True
    pair = span.attributes.add(key="nested").value.kvlist_value.values.add(key="deep")
    pair.value.string_value = json.dumps({"headers": json.dumps({"x-api-key": secret})})
    span.events.add(name="e").attributes.add(key="text").value.string_value = f"text {secret}"
    span.links.add(trace_id=b"\x0c" * 16, span_id=b"12345678").attributes.add(key="k").value.string_value = secret
    scoped.spans.add(trace_id=b"\x0b" * 16, span_id=b"23456789", name="clean").attributes.add(
        key="n"
    ).value.string_value = "nothing here"
    return request


def log_request(secret: str) -> ExportLogsServiceRequest:
    """A log record with the secret in body and attributes."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(trace_id=b"\x0b" * 16, span_id=b"12345678")
    record.body.kvlist_value.values.add(key="content").value.string_value = f"use {secret}"
    record.attributes.add(key="secret").value.string_value = secret
    return request


SECRET = "sk-proj-PLANTED0123456789abcdef"


def in_json(request: Any) -> bytes:
    """The request in OTLP/JSON, ids in base64 as protobuf has it."""
    from google.protobuf.json_format import MessageToJson

    return MessageToJson(request).encode()


@pytest.fixture(scope="module")
def filled(start: Callable[..., Any]) -> Any:
    """A collector that got the secret over HTTP (protobuf, JSON, gzip), over gRPC and in spans that are rejected."""
    collector = start()
    headers = {"content-type": "application/x-protobuf"}
    traces, logs = trace_request(SECRET), log_request(SECRET)
    broken = trace_request(SECRET)
    broken.resource_spans[0].scope_spans[0].spans[0].span_id = b""
    for path, content, extra in (
        ("/v1/traces", traces.SerializeToString(), {}),
        ("/v1/traces", gzip.compress(traces.SerializeToString()), {"content-encoding": "gzip"}),
        ("/v1/traces", in_json(traces), {"content-type": "application/json"}),
        ("/v1/traces", broken.SerializeToString(), {}),
        ("/v1/traces", broken.SerializeToString()[:-3], {}),
        ("/v1/logs", logs.SerializeToString(), {}),
        ("/v1/metrics", logs.SerializeToString(), {}),
    ):
        collector.http.post(path, content=content, headers=headers | extra)
    with grpc.insecure_channel(json.loads((collector.data / "collector.json").read_text())["grpc"]) as channel:
        channel.unary_unary(f"/{otlp.service_name('traces')}/Export")(traces.SerializeToString(), timeout=30)
    collector.store.drain()
    return collector


def test_a_secret_is_never_written_to_disk(filled: Any) -> None:
    """Neither the database nor the journal nor any other file of the data folder ever holds it, before and after the stop."""
    planted = [SECRET.encode(), b"dXNlcg"]

    def traces_of_it() -> list[Path]:
        files = (path for path in filled.data.rglob("*") if path.is_file())
        return [path for path in files if any(secret in path.read_bytes() for secret in planted)]

    assert traces_of_it() == []
    with closing(Store(filled.data.parent / "other")) as store:
        journal = Journal(filled.data / "copy", 1 << 30)
        with closing(Ingest(store, journal)) as ingest:
            ingest.accept("traces", trace_request(SECRET).SerializeToString(), "protobuf")
            assert list((filled.data / "copy").glob("*.segment")) != []
            assert traces_of_it() == []


def test_what_was_masked_is_counted_and_visible(filled: Any) -> None:
    """The span says how many of its values were masked, a clean one says nothing, and the status counts by kind."""
    (run,) = filled.store.query("resolve_run", reference="0b" * 16)["run_id"].to_pylist()
    spans = {span.span_id: span for span in spans_from_table(filled.store.query("run_spans_raw", run_id=run))}
    dirty, clean = spans[b"12345678".hex()].attributes, spans[b"23456789".hex()].attributes

    assert dirty["whyspan.redacted"] == 10
    assert dirty["plain"] == MASK
    assert dirty["password"] == MASK
    assert json.loads(json.loads(dirty["nested"]["deep"])["headers"]) == {"x-api-key": MASK}
    assert "whyspan.redacted" not in clean
    assert clean["n"] == "nothing here"
    counted = filled.store.status()["ingest"]["redacted_values"]
    assert counted["api key"] > counted["named"] > 0


def test_a_clean_request_is_not_touched(everything_recorded: list[Any]) -> None:
    """Bodies without a secret go on as they came; the recordings of real frameworks hold none but cookies and keys made up for them."""
    redactor = Redactor(RULES)
    changed = {
        sent.recording
        for sent in everything_recorded
        if redactor.redact(sent.signal, sent.body, sent.encoding).body is not sent.body
    }

    assert changed == set()
    assert redactor.counts() == {}


def test_redaction_can_be_switched_off() -> None:
    """With the setting off everything is kept as it was sent."""
    body = trace_request(SECRET).SerializeToString()

    assert Redactor.of(Config(redaction=False)).redact("traces", body, "protobuf").body == body
    assert SECRET.encode() not in Redactor.of(Config()).redact("traces", body, "protobuf").body
