"""What an operator relies on: counters, bounded memory under a flood, and forwarding that is in nobody's way."""

import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from whyspan_collector import otlp
from whyspan_collector.config import WrongSetting, load
from whyspan_collector.forward import Forwarder
from whyspan_collector.rows import spans_from_table
from whyspan_collector.service import run

PROTOBUF = {"content-type": "application/x-protobuf"}
MIB = 1024 * 1024


def request(number: int, text: str = "x") -> bytes:
    """A request with one span in a trace of its own."""
    message = ExportTraceServiceRequest()
    span = (
        message.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=number.to_bytes(16, "big"), span_id=b"12345678", name=f"span {number}")
    )
    span.attributes.add(key="text").value.string_value = text
    return message.SerializeToString()


def counters(collector: Any) -> dict[str, float]:
    """The samples of /metrics by name and labels."""
    answer = collector.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_who_watches_is_told_what_happened(start: Callable[..., Any]) -> None:
    """What watches over the process sees that it lives and has caught up; the counters that a scraper reads are those of the status."""
    collector = start()
    collector.http.post("/v1/traces", content=request(1, "sk-proj-0123456789abcdefghijk"), headers=PROTOBUF)
    collector.http.post("/v1/traces", content=b"\xff", headers=PROTOBUF)
    collector.http.post("/v1/traces", content=b"x", headers={"content-type": "text/plain"})

    assert httpx.get(f"{collector.url}/api/health", trust_env=False).json()["status"] == "ok"
    collector.store.drain()
    assert httpx.get(f"{collector.url}/api/ready", trust_env=False).json() == {"ready": True}
    found = counters(collector)
    assert found['whyspan_accepted_records_total{signal="traces"}'] == 1
    assert found['whyspan_refused_requests_total{reason="Malformed"}'] == 1
    assert found['whyspan_refused_requests_total{reason="Unsupported"}'] == 1
    assert found['whyspan_redacted_values_total{kind="api key"}'] == 1
    text = collector.http.get("/metrics").text
    families = set(re.findall(r"^(whyspan_\w+)", text, re.MULTILINE))
    assert families == set(re.findall(r"^# HELP (\w+) \w", text, re.MULTILINE))
    assert families == set(re.findall(r"^# TYPE (\w+) (?:counter|gauge)$", text, re.MULTILINE))
    assert collector.store.status()["ingest"]["refused_requests"] == {"Malformed": 1, "Unsupported": 1}


def test_a_flood_is_refused_and_nothing_acknowledged_is_lost(start: Callable[..., Any]) -> None:
    """More than the store can take: both protocols say when to come back, memory stays bounded, every acknowledged span is there."""
    bounds = {"WHYSPAN_MAX_BODY_BYTES": 2 * MIB, "WHYSPAN_JOURNAL_BYTES": 8 * MIB, "WHYSPAN_REQUESTS_BYTES": 4 * MIB}
    collector = start(**{name: str(value) for name, value in bounds.items()})
    address = json.loads((collector.data / "collector.json").read_text())["grpc"]
    acknowledged: set[str] = set()
    retry_after: set[str] = set()
    peak = 0

    def over_http(number: int, body: bytes) -> None:
        answer = collector.http.post("/v1/traces", content=body, headers=PROTOBUF)
        if answer.status_code == 503:
            retry_after.add("http " + answer.headers["retry-after"])
        else:
            assert answer.status_code == 200
            acknowledged.add(f"span {number}")

    def over_grpc(number: int, body: bytes) -> None:
        try:
            export(body, timeout=30)
        except grpc.RpcError as error:
            retry = RetryInfo()
            Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"]).details[0].Unpack(retry)
            retry_after.add(f"grpc {error.code().name} {retry.retry_delay.seconds}")
        else:
            acknowledged.add(f"span {number}")

    def flood(thread: int) -> None:
        for step in range(12):
            number = thread * 100 + step + 1
            (over_grpc if thread % 2 else over_http)(number, request(number, f"{number} " * 150_000))

    with grpc.insecure_channel(address) as channel:
        export = channel.unary_unary(f"/{otlp.service_name('traces')}/Export")
        threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            peak = max(peak, psutil.Process(collector.process.pid).memory_info().rss)
            threads[0].join(0.05)
            threads[-1].join(0.05)

    assert retry_after <= {"http 1", "http 2", "grpc RESOURCE_EXHAUSTED 1", "grpc RESOURCE_EXHAUSTED 2"}
    assert {said.partition(" ")[0] for said in retry_after} == {"http", "grpc"}
    assert peak < 1024 * MIB
    collector.store.drain()
    stored = {row["name"] for row in collector.store.query("runs", limit=1000).to_pylist()}
    assert acknowledged
    assert acknowledged <= stored
    assert collector.http.post("/v1/traces", content=request(9999), headers=PROTOBUF).status_code == 200


def test_what_is_accepted_is_forwarded(start: Callable[..., Any]) -> None:
    """A second collector gets the same spans, secrets masked, in protobuf and JSON, and nothing that was refused."""
    other = start()
    collector = start(WHYSPAN_FORWARD_TO=other.url, WHYSPAN_FORWARD_HEADERS="x-team=a, x-other=b")
    secret = "sk-proj-0123456789abcdefghijk"
    collector.http.post("/v1/traces", content=request(5, f"use {secret}"), headers=PROTOBUF)
    span = {"traceId": "0" * 31 + "6", "spanId": "00000000000000aa", "name": "json"}
    collector.http.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    collector.http.post("/v1/traces", content=b"\xff", headers=PROTOBUF)
    wait_for(lambda: collector.store.status()["ingest"]["forward"]["forwarded"] == 2)

    other.store.drain()
    assert {row["name"] for row in other.store.query("runs").to_pylist()} == {"span 5", "json"}
    assert other.store.status()["ingest"]["refused_requests"] == {}
    assert counters(collector)["whyspan_forwarded_requests_total"] == 2
    (run_id,) = other.store.query("resolve_run", reference=f"{5:032x}")["run_id"].to_pylist()
    (span,) = spans_from_table(other.store.query("run_spans_raw", run_id=run_id))
    assert secret not in str(span)


class Elsewhere(BaseHTTPRequestHandler):
    """Another platform that answers as told: `answers` holds the statuses to come, 200 when it is empty."""

    answers: list[int]
    seen: list[bytes]

    def do_POST(self) -> None:
        """Answers."""
        type(self).seen.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("retry-after", "0")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.mark.parametrize(
    ("answers", "counts"),
    [([503, 429, 200], (2, 0)), ([400], (1, 1)), ([], (2, 0))],
)
def test_forwarding_retries_what_can_be_retried(answers: list[int], counts: tuple[int, int]) -> None:
    """After 429 and 503 the same request is sent again; what is refused for good is dropped, counted, and the next one goes on."""
    handler = type("Handler", (Elsewhere,), {"answers": answers[:], "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with closing(Forwarder(f"http://127.0.0.1:{server.server_port}/", {})) as forwarder:
        forwarder.take("traces", b"first", "protobuf")
        forwarder.take("logs", b"second", "json")
        wait_for(lambda: sum(forwarder.status()[name] for name in ("forwarded", "dropped")) == 2)
        status = forwarder.status()
    server.shutdown()
    server.server_close()

    assert (status["forwarded"], status["dropped"]) == counts
    assert handler.seen == [b"first"] * max(1, len(answers)) + [b"second"]
    assert status["trouble"] is None


def test_a_dead_endpoint_costs_a_bounded_backlog() -> None:
    """While nobody answers requests wait up to the bound, the rest is dropped and counted, and taking one returns at once."""
    with closing(Forwarder("http://127.0.0.1:9", {}, bound_bytes=100)) as forwarder:
        for _ in range(50):
            forwarder.take("traces", b"0123456789", "protobuf")
        wait_for(lambda: forwarder.status()["trouble"] is not None)
        status = forwarder.status()

    assert status["waiting"] <= 10
    assert status["dropped"] >= 39
    assert "does not answer" in status["trouble"]


def test_forwarding_to_itself_is_refused(tmp_path: Path) -> None:
    """A collector that would send everything to itself does not start; neither do headers that are none."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(WrongSetting, match="this collector itself"):
        run(load(data=tmp_path, port=port, forward_to=f"http://localhost:{port}/"))
    with pytest.raises(WrongSetting, match=r"forward_headers=\*\*\*.*name=value"):
        load(forward_headers="a secret")


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    done = threading.Event()
    for _ in range(1200):
        if condition():
            return
        done.wait(0.05)
    pytest.fail("it never came")
