"""The supervisor: starts processes, waits until they answer, restarts what crashes, and leaves nothing running.

Each process gets a session of its own, so Ctrl-C reaches the supervisor only, and the supervisor stops them in order.
"""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h: the signal a process gets when its parent dies, so that not even `kill -9` leaves children behind."""
PRCTL: Final = getattr(ctypes.CDLL(None), "prctl", None)
"""The C function; None where the system (macOS) has none."""

STOP_SECONDS: Final = 10.0
"""How long a process may take to end after SIGTERM. The collector finishes its batch, about a second."""
FIRST_RESTART_SECONDS: Final = 1.0
LAST_RESTART_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A process that ran this long starts again without delay: its crash is a new one."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to see that it works."""

    name: str
    command: tuple[str, ...]
    url: str | None = None
    """Answers 200 once the program works; None for a program that listens to nobody."""


@dataclass(slots=True)
class Child:
    """A program while the supervisor looks after it."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    crashes: int = 0
    restart_at: float | None = field(default=None)
    """Monotonic time of the next start; None while it runs."""


class Supervisor:
    """Runs programs from `with` to its end. SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the caller meanwhile."""

    def __init__(self, programs: Sequence[Program], logs: Path, say: Callable[[str], None]) -> None:
        """`logs` is the folder for what the programs print; `say` tells the user about crashes."""
        self._programs = programs
        self._logs = logs
        self._say = say
        self._children: list[Child] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Starts the programs in order, without waiting for their answers."""
        # Set even where SIGINT came ignored, as it does to background jobs of a shell.
        self._handlers = {number: signal.signal(number, signal.default_int_handler) for number in STOP_SIGNALS}
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            for program in self._programs:
                log = self._logs / f"{program.name}.log"
                self._children.append(Child(program, log, launch(program, log), time.monotonic()))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stops the programs, last started first, whatever ended the block."""
        self._stop()

    def wait_until_ready(self, name: str, seconds: float = 120.0) -> None:
        """Returns when the program's URL answers. Raises RuntimeError with the end of its log when it ends or never answers."""
        child = next(child for child in self._children if child.program.name == name)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if child.program.url is None or answers(child.program.url):
                return
            if child.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the {name} did not start; the end of {child.log}:\n{tail(child.log)}")

    def watch(self) -> None:
        """Restarts crashed programs until a signal raises KeyboardInterrupt."""
        while True:
            for child in self._children:
                self._look_after(child)
            time.sleep(0.25)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.process, child.started, child.restart_at = launch(child.program, child.log), now, None
            return
        status = child.process.poll()
        if status is None:
            return
        child.crashes = 0 if now - child.started > STEADY_SECONDS else child.crashes
        delay = min(FIRST_RESTART_SECONDS * 2**child.crashes, LAST_RESTART_SECONDS)
        child.crashes += 1
        child.restart_at = now + delay
        self._say(
            f"the {child.program.name} ended with status {status}; it starts again in {delay:.0f} s ({child.log})"
        )

    def _stop(self) -> None:
        # A second Ctrl-C must not interrupt the stopping: it would leave processes behind.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(STOP_SECONDS)
            with suppress(ProcessLookupError):  # whatever the program itself started
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)


def launch(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Starts a program in its own session, its output appended to the log. It dies with its parent (on Linux)."""
    parent = os.getpid()

    def die_with_parent() -> None:
        if PRCTL is not None:
            PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before prctl took effect
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - set before exec, which leaves no thread of the parent
        )


def answers(url: str) -> bool:
    """Whether a GET of the URL succeeds. Proxies of the environment are not for loopback, and nothing is told to who answers."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False, verify=False).is_success  # noqa: S501
    except httpx.TransportError:
        return False


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether the port of 127.0.0.1 can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
