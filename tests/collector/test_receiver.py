"""OTLP over HTTP as exporters speak it: every answer says what became of the request, and the next good one works."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from whyspan_collector.rows import spans_from_table

PROTOBUF, JSON = {"content-type": "application/x-protobuf"}, {"content-type": "application/json"}
LIMIT = 24 * 1024 * 1024


def request(number: int = 1, **span: Any) -> ExportTraceServiceRequest:
    """A request with one span."""
    message = ExportTraceServiceRequest()
    fields = {"trace_id": bytes([7]) * 16, "span_id": number.to_bytes(8, "big"), "name": f"span {number}"} | span
    message.resource_spans.add().scope_spans.add().spans.add(**fields)
    return message


def stored(collector: Any, trace: int = 7) -> list[str]:
    """The names of the stored spans of a trace."""
    collector.store.drain()
    runs = collector.store.query("resolve_run", reference=f"{trace:02x}" * 16)["run_id"].to_pylist()
    return [name for run in runs for name in collector.store.query("run_spans", run_id=run)["name"].to_pylist()]


@pytest.fixture
def http(collector: Any) -> Iterator[httpx.Client]:
    """A client of the running collector, which must still take a good request after the test."""
    yield collector.http
    assert collector.http.post("/v1/traces", content=request().SerializeToString(), headers=PROTOBUF).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/api/public/otel", "/otlp/v2"])
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_every_signal_is_taken_under_any_prefix(http: httpx.Client, prefix: str, signal: str) -> None:
    """An empty request to any path that ends in the signal's is answered 200 in its own encoding."""
    answer = http.post(f"{prefix}/v1/{signal}", content=b"", headers=PROTOBUF)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, PROTOBUF["content-type"], b"")

    answer = http.post(f"{prefix}/v1/{signal}", content=b"{}", headers=JSON)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON["content-type"], {})


@pytest.mark.parametrize(
    ("number", "headers", "compress"),
    [
        (11, {}, bytes),
        (12, {"content-encoding": "gzip"}, gzip.compress),
        (13, {"content-encoding": "deflate"}, zlib.compress),
        (14, {"content-encoding": "identity"}, bytes),
        (15, {"content-type": "Application/X-Protobuf; charset=utf-8"}, bytes),
    ],
)
def test_a_body_is_taken_as_it_is_sent(
    collector: Any, http: httpx.Client, number: int, headers: dict[str, str], compress: Any
) -> None:
    """Plain or compressed, with a length or in chunks, the span arrives."""
    body = compress(request(number).SerializeToString())

    assert http.post("/v1/traces", content=body, headers=PROTOBUF | headers).status_code == 200
    chunked = http.post("/v1/traces", content=iter([body[:5], body[5:]]), headers=PROTOBUF | headers)

    assert chunked.request.headers["transfer-encoding"] == "chunked"
    assert chunked.status_code == 200
    assert stored(collector).count(f"span {number}") == 1


def test_rejected_spans_are_named_in_a_partial_success(collector: Any, http: httpx.Client) -> None:
    """Bad ids among good spans: the good ones are stored, the answer counts and names the others in the request's encoding."""
    message = request(21)
    spans = message.resource_spans[0].scope_spans[0].spans
    spans.add(trace_id=bytes(16), span_id=b"12345678", name="zero")
    spans.add(trace_id=b"\x07" * 16, span_id=b"short", name="short")
    spans.add(trace_id=b"\x07" * 16, span_id=(22).to_bytes(8, "big"), name="span 22")

    answer = http.post("/v1/traces", content=message.SerializeToString(), headers=PROTOBUF)

    assert answer.status_code == 200
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 2
    assert "span 'zero': trace_id must be 16 bytes and not all zero" in partial.error_message
    assert "span 'short': span_id must be 8 bytes" in partial.error_message
    assert {"span 21", "span 22"} <= set(stored(collector))

    bad = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no ids"}]}]}]}
    in_json = http.post("/v1/traces", json=bad).json()["partialSuccess"]
    assert in_json["rejectedSpans"] == "1"
    assert "span 'no ids'" in in_json["errorMessage"]


WHOLE = request(31).SerializeToString()
BOMB = gzip.compress(bytes(LIMIT + 1))


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (WHOLE[:-4], PROTOBUF, 400, "not an OTLP traces request in protobuf"),
        (b"\xff\xfe", PROTOBUF, 400, "not an OTLP traces request in protobuf"),
        (b'{"resourceSpans": [', JSON, 400, "not JSON"),
        (b"\xff\xfe", JSON, 400, "not JSON"),
        (b"[1]", JSON, 400, "must be an object, got [1]"),
        (WHOLE, {}, 415, "send application/x-protobuf or application/json"),
        (WHOLE, {"content-type": "text/plain"}, 415, "'text/plain' is not taken"),
        (WHOLE, PROTOBUF | {"content-encoding": "br"}, 415, "'br' is not taken; send one of gzip, deflate, identity"),
        (WHOLE, PROTOBUF | {"content-encoding": "gzip"}, 400, "not gzip"),
        (gzip.compress(WHOLE)[:-9], PROTOBUF | {"content-encoding": "gzip"}, 400, "cut off"),
        (BOMB, PROTOBUF | {"content-encoding": "gzip"}, 413, f"inflates to more than {LIMIT} bytes"),
        (BOMB + BOMB, PROTOBUF | {"content-encoding": "gzip"}, 413, f"inflates to more than {LIMIT} bytes"),
        (bytes(LIMIT + 1), PROTOBUF, 413, f"larger than the limit of {LIMIT}"),
    ],
    ids=range(13),  # bodies would name the tests after themselves, and gzip has the time in it
)
def test_what_cannot_be_taken_is_refused_with_a_reason(
    http: httpx.Client, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    """The status says whose fault it is, the body is a google.rpc.Status in the request's encoding and says what to do."""
    answer = http.post("/v1/traces", content=body, headers=headers)

    assert answer.status_code == status
    if headers.get("content-type") == PROTOBUF["content-type"]:
        assert answer.headers["content-type"] == PROTOBUF["content-type"]
        message = Status.FromString(answer.content).message
    else:
        message = answer.json()["message"]
    assert reason in message


def test_an_endless_body_is_refused_at_the_limit(http: httpx.Client) -> None:
    """A chunked body without a declared length is cut off at the limit, not collected."""
    chunk = bytes(1024 * 1024)

    answer = http.post("/v1/traces", content=(chunk for _ in range(40)), headers=PROTOBUF)

    assert answer.status_code == 413


def test_odd_but_legal_spans_are_kept_as_they_came(collector: Any, http: httpx.Client) -> None:
    """A 20 MB attribute, an end before the start, the ends of time, NaN, NUL and half a surrogate pair are all stored."""
    big = request(41)
    big.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="big").value.string_value = "x" * 20_000_000
    assert http.post("/v1/traces", content=big.SerializeToString(), headers=PROTOBUF).content == b""
    odd = {
        "traceId": "07" * 16,
        "spanId": f"{42:016x}",
        "name": "half \ud83d and \u0000",
        "startTimeUnixNano": str(2**64 - 1),
        "endTimeUnixNano": "1",
        "attributes": [{"key": "nan", "value": {"doubleValue": "NaN"}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [odd]}]}]})
    assert http.post("/v1/traces", content=body, headers=JSON).json() == {}

    collector.store.drain()
    run = collector.store.query("resolve_run", reference="07" * 16)["run_id"][0].as_py()
    spans = {span.span_id: span for span in spans_from_table(collector.store.query("run_spans_raw", run_id=run))}
    assert len(spans[f"{41:016x}"].attributes["big"]) == 20_000_000
    kept = spans[f"{42:016x}"]
    assert (kept.start_ns, kept.end_ns, kept.name) == (2**64 - 1, 1, "half \ufffd and \u0000")


def test_a_get_is_no_export(http: httpx.Client) -> None:
    """Other methods and other paths are answered as HTTP does."""
    assert http.get("/v1/traces").status_code == 405
    assert http.post("/v1/profiles", content=b"", headers=PROTOBUF).status_code == 404
