"""Programs in processes of their own, and a collector that keeps what they send."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent: path, headers and spans; answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.received: list[tuple[dict[str, Any], Span]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self) -> list[tuple[str, str]]:
        """The ended spans as (service, span name)."""
        return [(resource["service.name"], span.name) for resource, span in self.received if span.end_time_unix_nano]

    @property
    def pending(self) -> list[str]:
        """Names of the spans that were announced."""
        return [span.name for _, span in self.received if not span.end_time_unix_nano]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers))
        if self.server.status == 200:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                told = {
                    pair.key: pair.value.string_value or pair.value.int_value for pair in resource.resource.attributes
                }
                self.server.received += [(told, span) for scope in resource.scope_spans for span in scope.spans]
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class Run(Protocol):
    """Runs a program to its end."""

    def __call__(self, program: str, **variables: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that processes of this test spool to: not that of whoever runs it."""
    folder = tmp_path / "spool"
    monkeypatch.setenv("WHYSPAN_SPOOL", str(folder))
    return folder


@pytest.fixture
def run(spool: Path) -> Run:
    """A process of its own, because a process has one tracer provider for good."""

    def run(program: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTEST_"))}
        command = [sys.executable, "-W", "error", "-c", program]
        return subprocess.run(
            command, env={**environment, **variables}, capture_output=True, text=True, check=False, timeout=60
        )

    return run
