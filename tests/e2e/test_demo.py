"""`whyspan demo`, as the stranger who types it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from whyspan_ui.samples import samples

TOGETHER = 100.0
"""Seconds for a start and a stop on a loaded machine; they take less than ten on an idle one."""


@contextmanager
def demo(temporary: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A running demo and the lines it printed up to the dashboard's address."""
    with subprocess.Popen(
        [sys.executable, "-m", "whyspan_ui.cli", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    ) as process:
        try:
            lines = []
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if re.fullmatch(r"http://\S+", lines[-1]):
                    break
            yield process, lines
        finally:
            process.kill()


def stop(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Sends Ctrl-C, waits for the end and returns the processes it had started that are still there."""
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) >= 3
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    _, alive = psutil.wait_procs(started, timeout=10)
    return alive


@pytest.mark.timeout(TOGETHER)
def test_demo_explains_the_samples_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Every sample is in the table, the last line is an address that answers, Ctrl-C leaves no process and no file."""
    with demo(tmp_path) as (process, lines):
        address = lines[-1]
        printed = "\n".join(lines)

        assert httpx.get(address, trust_env=False).status_code == 200
        assert re.search(r"\?run=[0-9a-f]{32}$", address)
        for sample in samples():
            assert re.search(rf"^{re.escape(sample.name)} +(failed|ok|unknown)", printed, flags=re.MULTILINE), (
                sample.name
            )
        assert stop(process) == []
    assert list(tmp_path.iterdir()) == []
