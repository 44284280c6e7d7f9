"""Real collector processes on free ports, and the recordings as the requests that were sent."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from recordings import FOLDERS, SAMPLES, Sent, sent

from whyspan_collector.client import RemoteStore


@dataclass
class Collector:
    """A collector process."""

    data: Path
    process: subprocess.Popen[bytes]
    url: str
    store: RemoteStore = field(init=False)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.store = RemoteStore(self.url)
        self.http = httpx.Client(base_url=self.url, timeout=30, verify=False)  # loading certificates takes 0.1 s

    def close(self) -> None:
        """Close the connections to it."""
        self.store.close()
        self.http.close()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it and wait. Returns its exit status."""
        self.close()
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture(scope="session")
def recorded() -> list[Sent]:
    """Every request of every sample recording, in the order they were sent."""
    return [request for name in SAMPLES for request in sent(name)]


@pytest.fixture(scope="session")
def everything_recorded(recorded: list[Sent]) -> list[Sent]:
    """Every request of every recording, those that do not ship included."""
    return recorded + [request for name in sorted(FOLDERS.keys() - SAMPLES) for request in sent(name)]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Collector]]:
    """Start collectors: `start()` on a new data folder, `start(data)` on an old one."""
    started: list[Collector] = []

    def start_one(data: Path | None = None, **environment: str) -> Collector:
        data = data or tmp_path_factory.mktemp("data")
        command = [
            sys.executable,
            "-m",
            "whyspan_collector.service",
            "--data",
            str(data),
            "--port",
            "0",
            "--grpc-port",
            "0",
        ]
        process = subprocess.Popen(command, env={"PATH": "/usr/bin:/bin", **environment})
        announcement = data / "collector.json"
        deadline = time.monotonic() + 30
        while not (announcement.exists() and json.loads(announcement.read_text())["pid"] == process.pid):
            assert process.poll() is None, "the collector ended at its start"
            assert time.monotonic() < deadline, "the collector does not answer"
            time.sleep(0.05)
        started.append(Collector(data, process, json.loads(announcement.read_text())["url"]))
        return started[-1]

    yield start_one
    for collector in started:
        collector.close()
        if collector.process.poll() is None:
            collector.process.kill()
            collector.process.wait()


@pytest.fixture(scope="module")
def collector(start: Callable[..., Collector]) -> Collector:
    """One collector for the tests of a module, with a body limit of 24 MiB so that large bodies stay cheap."""
    return start(WHYSPAN_MAX_BODY_BYTES=str(24 * 1024 * 1024))
