"""A collector in a process of its own, for the benches that kill it, and the ways to send to it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc
import httpx
import psutil

from whyspan_collector import otlp

HEADERS = {"content-type": "application/x-protobuf"}


class CollectorProcess:
    """A collector on a new data folder, which keeps folder and ports over restarts."""

    def __init__(self, **environment: str) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="whyspan-bench-"))
        self._environment = os.environ | environment
        self._ports = ("0", "0")
        self.start()
        self._ports = (self.url.rpartition(":")[2], self.grpc.rpartition(":")[2])

    def start(self) -> float:
        """Start it and wait until it answers. Returns the seconds that took."""
        began = time.monotonic()
        http_port, grpc_port = self._ports
        command = [sys.executable, "-m", "whyspan_collector.service", "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*command, "--port", http_port, "--grpc-port", grpc_port], env=self._environment
        )
        announcement = self.data / "collector.json"
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"the collector ended with status {self.process.returncode}")
            if announcement.exists():
                announced = json.loads(announcement.read_text())
                if announced["pid"] == self.process.pid:
                    self.url, self.grpc = announced["url"], announced["grpc"]
                    return time.monotonic() - began
            time.sleep(0.02)

    def end(self, how: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        self.process.send_signal(how)
        self.process.wait()

    def rss_mib(self) -> float:
        """Resident memory now."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20


def post(client: httpx.Client, url: str, body: bytes) -> int | None:
    """Send traces over HTTP. Returns the status, None when nobody answered."""
    try:
        return client.post(f"{url}/v1/traces", content=body, headers=HEADERS).status_code
    except httpx.TransportError:
        return None


def export(channel: grpc.Channel, body: bytes, seconds: float = 30) -> grpc.StatusCode:
    """Send traces over gRPC. Returns the code."""
    call = channel.unary_unary(f"/{otlp.service_name('traces')}/Export")
    try:
        call(body, timeout=seconds)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK
