"""OTLP over gRPC as exporters speak it: the same answers as over HTTP, in gRPC's words."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from whyspan_collector import otlp
from whyspan_collector.gate import Gate
from whyspan_collector.grpc_receiver import GrpcReceiver
from whyspan_collector.journal import JournalFull, JournalUnavailable

LIMIT = 24 * 1024 * 1024


def request(number: int = 1, **span: Any) -> ExportTraceServiceRequest:
    """A request with one span."""
    message = ExportTraceServiceRequest()
    fields = {"trace_id": bytes([9]) * 16, "span_id": number.to_bytes(8, "big"), "name": f"span {number}"} | span
    message.resource_spans.add().scope_spans.add().spans.add(**fields)
    return message


def export(channel: grpc.Channel, body: bytes, what: otlp.Signal = "traces", **options: Any) -> bytes:
    """Calls Export with these bytes. Returns those of the response."""
    answer: bytes = channel.unary_unary(f"/{otlp.service_name(what)}/Export")(body, timeout=30, **options)
    return answer


def refusal(channel: grpc.Channel, body: bytes, **options: Any) -> tuple[grpc.StatusCode, str, Status]:
    """Calls Export, which must be refused: the code, the message and the details."""
    with pytest.raises(grpc.RpcError) as raised:
        export(channel, body, **options)
    details = dict(raised.value.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    return raised.value.code(), raised.value.details(), Status.FromString(details)


def stored(collector: Any, trace: str = "09" * 16) -> list[str]:
    """The names of the stored spans of a trace."""
    collector.store.drain()
    (run,) = collector.store.query("resolve_run", reference=trace)["run_id"].to_pylist()
    return collector.store.query("run_spans", run_id=run)["name"].to_pylist()


@pytest.fixture
def channel(collector: Any) -> Iterator[grpc.Channel]:
    """A channel to the running collector, which must still take a good request after the test."""
    address = json.loads((collector.data / "collector.json").read_text())["grpc"]
    with grpc.insecure_channel(address) as channel:
        yield channel
        assert export(channel, request().SerializeToString()) == b""


def test_recordings_arrive_the_same_over_grpc(collector: Any, channel: grpc.Channel, recorded: list[Any]) -> None:
    """Every recorded protobuf request is taken whole, traces, logs and metrics, and its spans are queryable."""
    ids = set()
    for sent in (sent for sent in recorded if sent.encoding == "protobuf"):
        assert export(channel, sent.body, sent.signal) == b""
        batch = otlp.decode(sent.signal, sent.body, sent.encoding)
        ids |= {(span.trace_id, span.span_id) for span in batch.spans}
    collector.store.drain()
    runs = collector.store.query("runs", limit=1000)["run_id"].to_pylist()
    rows = [row for run in runs for row in collector.store.query("run_spans", run_id=run).to_pylist()]
    assert ids <= {(row["trace_id"], row["span_id"]) for row in rows}


def test_the_exporter_of_opentelemetry_works(collector: Any) -> None:
    """A span of an unmodified OpenTelemetry program arrives, gzip included."""
    address = json.loads((collector.data / "collector.json").read_text())["grpc"]
    exporter = OTLPSpanExporter(endpoint=f"http://{address}", insecure=True, compression=grpc.Compression.Gzip)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("from the exporter") as span:
        trace = f"{span.get_span_context().trace_id:032x}"
    provider.shutdown()

    assert stored(collector, trace) == ["from the exporter"]


def test_rejected_spans_are_named_in_a_partial_success(collector: Any, channel: grpc.Channel) -> None:
    """Beside a span with bad ids the good one is stored, and the answer counts and names the other."""
    message = request(21)
    message.resource_spans[0].scope_spans[0].spans.add(trace_id=bytes(16), span_id=b"12345678", name="zero")

    answer = ExportTraceServiceResponse.FromString(export(channel, message.SerializeToString()))

    assert answer.partial_success.rejected_spans == 1
    assert "span 'zero'" in answer.partial_success.error_message
    assert "span 21" in stored(collector)


def test_malformed_bytes_are_an_invalid_argument(channel: grpc.Channel) -> None:
    """What is no OTLP is refused for good: no RetryInfo."""
    code, message, status = refusal(channel, b"\xff\xfe")

    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "not an OTLP traces request" in message
    assert (status.code, list(status.details)) == (3, [])


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_message_over_the_limit_is_refused(channel: grpc.Channel, compression: grpc.Compression) -> None:
    """A message larger than the limit once inflated is refused without a hope of retrying; one below it is taken."""
    big = request(name="x" * LIMIT).SerializeToString()
    code, message, status = refusal(channel, big, compression=compression)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(LIMIT) in message
    assert list(status.details) == []

    assert export(channel, request(name="x" * (LIMIT - 1000)).SerializeToString(), compression=compression) == b""


class FullIngest:
    """An ingest that refuses."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def accept(self, *_: Any) -> Any:
        """Refuses."""
        raise self.error


@pytest.mark.parametrize(
    ("ingest", "gate", "expected", "seconds"),
    [
        (FullIngest(JournalFull("full")), Gate(1000, 1000), grpc.StatusCode.RESOURCE_EXHAUSTED, 2),
        (FullIngest(JournalUnavailable("no space")), Gate(1000, 1000), grpc.StatusCode.UNAVAILABLE, 10),
        (FullIngest(AssertionError()), Gate(1, 1000), grpc.StatusCode.RESOURCE_EXHAUSTED, 1),
    ],
)
def test_overload_says_when_to_come_back(ingest: Any, gate: Gate, expected: grpc.StatusCode, seconds: int) -> None:
    """A full journal, a full disk and full memory carry RetryInfo, without which exporters drop the batch; each is counted."""
    receiver = GrpcReceiver(ingest, gate, "127.0.0.1", 0)
    with closing(receiver), grpc.insecure_channel(receiver.address) as channel:
        code, _, status = refusal(channel, request().SerializeToString())

    retry = RetryInfo()
    assert code is expected
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == seconds
    assert sum(gate.refused().values()) == 1


def test_a_taken_port_is_told_with_the_way_out(collector: Any, refused: Any, tmp_path: Any) -> None:
    """A second collector on the gRPC port ends with status 2 and names the option."""
    taken = json.loads((collector.data / "collector.json").read_text())["grpc"].rpartition(":")[2]
    said = refused("--data", tmp_path, "--port", 0, "--grpc-port", taken)

    assert f"127.0.0.1:{taken} cannot be used for gRPC" in said
    assert "--grpc-port" in said


def test_without_grpcio_everything_else_works(start: Any, tmp_path: Any) -> None:
    """Where grpcio is not installed the collector says so and how to add it, announces no address and takes HTTP."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'grpc' else find(name, *a)\n"
    )
    collector = start(PYTHONPATH=str(tmp_path))

    assert json.loads((collector.data / "collector.json").read_text())["grpc"] is None
    headers = {"content-type": "application/x-protobuf"}
    assert collector.http.post("/v1/traces", content=request().SerializeToString(), headers=headers).is_success
    assert collector.stop(signal.SIGTERM) == 0
