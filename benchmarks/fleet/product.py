"""The product as its user meets it: a collector that is sent OTLP, and the commands, each timed, with the memory they take."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import httpx
import psutil

from benchmarks.collector_process import CollectorProcess, post
from whyspan_collector.client import RemoteStore
from whyspan_collector.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended."""

    printed: str
    seconds: float
    mib: float
    """Resident memory of the command and the processes it started, at its highest."""


class Product:
    """A collector on a new data folder, and the commands on that folder."""

    def __init__(self) -> None:
        self.collector = CollectorProcess(WHYSPAN_QUIET_SECONDS="0")
        self.collector_mib = 0.0

    def send(self, bodies: Iterable[bytes]) -> float:
        """Sends requests one after the other and waits until everything is queryable. Returns the seconds that took."""
        began = time.monotonic()
        with httpx.Client(timeout=120) as client:
            for body in bodies:
                while post(client, self.collector.url, body) != 200:
                    time.sleep(0.2)
        store = RemoteStore(self.collector.url)
        while True:
            try:
                store.drain()
            except StoreUnavailable:  # it says so every minute
                continue
            break
        store.close()
        return time.monotonic() - began

    def run(self, *arguments: str) -> Ran:
        """Runs `whyspan ...`. Raises CalledProcessError when it fails."""
        environment = {**os.environ, "WHYSPAN_QUIET_SECONDS": "0", "WHYSPAN_DATA": str(self.collector.data)}
        command = [sys.executable, "-m", "whyspan_ui.cli", *arguments]
        began = time.monotonic()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            highest = _Highest(process.pid, self.collector.process.pid)
            printed, _ = process.communicate()
            mib, collector = highest.stop()
        self.collector_mib = max(self.collector_mib, collector)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return Ran(printed, time.monotonic() - began, mib)

    def read(self, *arguments: str) -> Any:
        """What `whyspan ... --json` prints."""
        return json.loads(self.run(*arguments, "--json").printed)

    def signatures(self) -> dict[str, tuple[str, str | None]]:
        """Trace id -> outcome and signature of its run."""
        store = RemoteStore(self.collector.url)
        rows = store.query("fleet").select(["trace_ids", "outcome", "signature"]).to_pylist()
        store.close()
        return {trace_id: (row["outcome"], row["signature"]) for row in rows for trace_id in row["trace_ids"]}

    def end(self) -> None:
        """Stops the collector."""
        self.collector.end()


class _Highest:
    """Watches the memory of a process with its children, and of another one, until it is stopped."""

    def __init__(self, pid: int, other: int) -> None:
        self._process, self._other = psutil.Process(pid), psutil.Process(other)
        self._mib = self._other_mib = 0.0
        self._stopped = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(0.2):
            self._other_mib = max(self._other_mib, _mib([self._other]))
            try:
                self._mib = max(self._mib, _mib([self._process, *self._process.children(recursive=True)]))
            except psutil.NoSuchProcess:
                return

    def stop(self) -> tuple[float, float]:
        self._stopped.set()
        self._thread.join()
        return self._mib, self._other_mib


def _mib(processes: list[psutil.Process]) -> float:
    summed = 0
    for process in processes:
        try:
            summed += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return summed / 2**20
