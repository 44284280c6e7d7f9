"""The servers that take part in the benchmark of ingest, each started on a folder of its own: ours and two peers'."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

import httpx
import psutil

from benchmarks.collector_process import CollectorProcess
from whyspan_collector.client import RemoteStore

_HERE = Path(__file__).parent
_START_SECONDS = 400
"""MLflow's server takes minutes on two busy cores."""


class Server(ABC):
    """A server that takes OTLP/HTTP, from construction to `close`."""

    name: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}
    url: str
    pid: int

    @abstractmethod
    def queryable(self) -> int:
        """How many spans a reader sees."""

    @abstractmethod
    def close(self) -> None:
        """End it and remove its folder."""

    def processes(self) -> list[psutil.Process]:
        """Its process and those it started."""
        try:
            own = psutil.Process(self.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_seconds(self) -> float:
        """CPU time of all its processes, system time included."""
        return float(sum(sum(process.cpu_times()[:2]) for process in self.processes()))

    def rss_mib(self) -> float:
        """Resident memory of all its processes."""
        return float(sum(process.memory_info().rss for process in self.processes())) / 2**20


class Whyspan(Server):
    """Our collector, with everything on as it comes: redaction, de-duplication, roll-ups, the text index."""

    name = "whyspan"

    def __init__(self, **environment: str) -> None:
        self.collector = CollectorProcess(**environment)
        self.url, self.pid = self.collector.url, self.collector.process.pid
        self._store = RemoteStore(self.url)

    def queryable(self) -> int:
        """Waits for what was acknowledged, as `import` does, and brings the list of runs up to date."""
        self._store.drain()
        return int(self._store.query("totals")["spans"][0].as_py())

    def wait_for_index(self) -> None:
        """Waits until the text index, which follows in the background, has everything."""
        while self._store.status()["texts"]["behind"]:
            time.sleep(0.5)

    def close(self) -> None:
        """End it and remove its folder."""
        self._store.close()
        self.collector.end()
        shutil.rmtree(self.collector.data)


class Peer(Server):
    """Somebody else's server, installed into an environment of its own, with SQLite as it comes."""

    pin: ClassVar[str]
    database: ClassVar[str]

    def __init__(self, python: Path) -> None:
        """Starts it. Raises RuntimeError when it does not answer."""
        self._folder = Path(mkdtemp(prefix="whyspan-peer-"))
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"} | self.settings(self._folder, port)
        with (self._folder / "log").open("wb") as log:
            command = [str(python), "-m", *self.command(self._folder, port)]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self._folder)
        self.pid = self._process.pid
        began = time.monotonic()
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                self.close()
                raise RuntimeError(f"{self.name} does not start")
            time.sleep(0.5)

    @staticmethod
    @abstractmethod
    def command(folder: Path, port: int) -> list[str]:
        """The module and its arguments."""

    @staticmethod
    def settings(folder: Path, port: int) -> dict[str, str]:  # noqa: ARG004 - for those that have settings
        """What it reads from the environment."""
        return {}

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, timeout=2).status_code < 500
        except httpx.TransportError:
            return False

    def queryable(self) -> int:
        """The rows in its table of spans."""
        path = next(self._folder.glob(self.database))
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
            return int(count)
        except sqlite3.OperationalError:  # being written, or not made yet
            return 0
        finally:
            connection.close()

    def close(self) -> None:
        """End it and remove its folder."""
        processes = self.processes()
        for process in processes:
            process.terminate()
        _, alive = psutil.wait_procs(processes, timeout=20)
        for process in alive:
            process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


class Phoenix(Peer):
    """Arize Phoenix."""

    name = "Arize Phoenix"
    pin = "arize-phoenix"
    database = "phoenix.db"

    @staticmethod
    def command(folder: Path, port: int) -> list[str]:  # noqa: ARG004 - the signature is the peers'
        """Its own server."""
        return ["phoenix.server.main", "serve"]

    @staticmethod
    def settings(folder: Path, port: int) -> dict[str, str]:
        """Where its database is and where it listens; no telemetry of its own."""
        return {
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(_free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }


class MLflow(Peer):
    """The tracking server of MLflow."""

    name = "MLflow"
    pin = "mlflow"
    database = "mlflow.db"
    headers: ClassVar[dict[str, str]] = {"x-mlflow-experiment-id": "0"}

    @staticmethod
    def command(folder: Path, port: int) -> list[str]:
        """Its own server, over SQLite."""
        return ["mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--port", str(port)]


def install(pin: str, folder: Path) -> Path | None:
    """The Python of a new environment with the pinned peer; None where it does not install."""
    uv = shutil.which("uv") or str(_HERE.parent / ".tools" / "bin" / "uv")
    lines = (_HERE / "peers.txt").read_text(encoding="utf-8").splitlines()
    wanted = next(line for line in lines if line.startswith(f"{pin}=="))
    python = folder / "bin" / "python"
    try:
        for step in (["venv", "--python", sys.executable, str(folder)], ["pip", "install", "--python", python, wanted]):
            subprocess.run([uv, *step, "--quiet"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
