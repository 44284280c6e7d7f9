"""Real collector processes on free ports, and the recordings as the requests that were sent."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from recordings import FOLDERS, SAMPLES, Sent, sent

from whyspan_collector.client import RemoteStore
from whyspan_collector.service import main


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


Start = Callable[..., Collector]


@pytest.fixture(scope="session")
def recorded() -> list[Sent]:
    """Every request of every sample recording, in the order they were sent."""
    return [request for name in SAMPLES for request in sent(name)]


@pytest.fixture(scope="session")
def everything_recorded(recorded: list[Sent]) -> list[Sent]:
    """Every request of every recording, those that do not ship included."""
    return recorded + [request for name in sorted(FOLDERS.keys() - SAMPLES) for request in sent(name)]


@contextmanager
def starting(folders: pytest.TempPathFactory) -> Iterator[Start]:
    """Lets collectors be started, and ends them afterwards: each that idles takes half a percent of a processor."""
    started: list[Collector] = []

    def start(data: Path | None = None, **environment: str) -> Collector:
        data = data or folders.mktemp("data")
        where = ["--data", str(data), "--port", "0", "--grpc-port", "0"]
        command = [sys.executable, "-m", "whyspan_collector.service", *where]
        process = subprocess.Popen(command, env={"PATH": "/usr/bin:/bin", **environment})
        announcement = data / "collector.json"
        deadline = time.monotonic() + 60
        while not (announcement.exists() and json.loads(announcement.read_text())["pid"] == process.pid):
            assert process.poll() is None, "the collector ended at its start"
            assert time.monotonic() < deadline, "the collector does not answer"
            time.sleep(0.05)
        started.append(Collector(data, process, json.loads(announcement.read_text())["url"]))
        return started[-1]

    yield start
    for collector in started:
        collector.close()
        if collector.process.poll() is None:
            collector.process.kill()
            collector.process.wait()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start collectors: `start()` on a new data folder, `start(data)` on an old one."""
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """One collector for all tests that do not mind what others sent, with a body limit of 24 MiB so that large bodies stay cheap."""
    with starting(tmp_path_factory) as start:
        yield start(WHYSPAN_MAX_BODY_BYTES=str(24 * 1024 * 1024))


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Starts a collector that cannot be, in this process, and returns what it says at its end, with status 2."""
    for name in [name for name in os.environ if name.startswith("WHYSPAN_")]:
        monkeypatch.delenv(name)
    mask = os.umask(0o077)

    def start(*arguments: object, **environment: str) -> str:
        with monkeypatch.context() as settings:
            for name, value in environment.items():
                settings.setenv(name, value)
            assert main([str(argument) for argument in arguments]) == 2
        return capsys.readouterr().err

    yield start
    os.umask(mask)
