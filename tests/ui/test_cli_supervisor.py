"""The supervisor leaves nothing running, whatever happens to it, and restarts what crashes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from whyspan_ui.supervisor import Program, Supervisor, free_port, is_free

SLEEPER = "import time; time.sleep(600)"
PARENT_OF_A_SLEEPER = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); print('up', flush=True); time.sleep(600)"
DEAF_SLEEPER = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEPER}"


def python(name: str, code: str) -> Program:
    """A program that runs a line of Python."""
    return Program(name, (sys.executable, "-c", code))


def wait_for(what: object, seconds: float = 20.0) -> None:
    """Waits until `what()` is true."""
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


def children() -> set[psutil.Process]:
    """Everything this process started, other tests' collectors included."""
    return set(psutil.Process().children(recursive=True))


def test_stops_programs_and_what_they_started(tmp_path: Path) -> None:
    """At the end of the block the programs, and the processes they started themselves, are gone."""
    before = children()
    with Supervisor([python("family", PARENT_OF_A_SLEEPER)], tmp_path, print):
        wait_for(lambda: "up" in (tmp_path / "family.log").read_text())
        family = children() - before
        assert len(family) == 2

    wait_for(lambda: not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family))


def test_stops_a_program_that_ignores_sigterm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that will not end is killed."""
    monkeypatch.setattr("whyspan_ui.supervisor.STOP_SECONDS", 0.1)
    before = children()
    with Supervisor([python("deaf", DEAF_SLEEPER)], tmp_path, print):
        wait_for(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
        (deaf,) = children() - before

    assert not deaf.is_running()


def test_programs_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    """`kill -9` of the supervisor leaves no program behind."""
    code = f"""
        from pathlib import Path
        from whyspan_ui.supervisor import Program, Supervisor
        import sys
        with Supervisor([Program("sleeper", (sys.executable, "-c", {SLEEPER!r}))], Path({str(tmp_path)!r}), print) as supervisor:
            print("started", flush=True)
            supervisor.watch()
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        supervisor.stdout.readline()
        (sleeper,) = psutil.Process(supervisor.pid).children()

        supervisor.kill()

        wait_for(lambda: not sleeper.is_running())


def test_restarts_a_crashed_program_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that ends is started again, and the user hears of it."""
    monkeypatch.setattr("whyspan_ui.supervisor.FIRST_RESTART_SECONDS", 0.01)
    said: list[str] = []

    def stop_at_the_second(message: str) -> None:
        said.append(message)
        if len(said) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with (
        Supervisor(
            [python("crasher", "print('crashed', flush=True); raise SystemExit(7)")], tmp_path, stop_at_the_second
        ) as supervisor,
        pytest.raises(KeyboardInterrupt),
    ):
        supervisor.watch()

    assert all("crasher ended with status 7" in message for message in said)
    assert (tmp_path / "crasher.log").read_text().count("crashed") >= 2


def test_a_program_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    """Waiting for a program that cannot start ends with what it printed, not with silence."""
    program = Program("broken", (sys.executable, "-c", "raise SystemExit('no such folder')"), url="http://127.0.0.1:1/")

    with Supervisor([program], tmp_path, print) as supervisor, pytest.raises(RuntimeError, match="no such folder"):
        supervisor.wait_until_ready("broken")


def test_knows_free_ports_from_taken_ones() -> None:
    """A port somebody listens on is not free; the one it picks is."""
    port = free_port()
    assert is_free(port)

    code = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print('up', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        assert not is_free(port)
        listener.kill()
