"""Runs a test that was just written against the agent's code as it is now, in a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from whyspan.testing.verdict import AGAIN

SECONDS: Final = 120
"""How long the agent may take; models and tools answer at once."""
_RED: Final = 1
"""pytest's exit status when a test failed; others but 0 mean that none was run."""


@dataclass(frozen=True, slots=True)
class Now:
    """How the test ended with today's code."""

    state: Literal["green", "red", "unclear", "not run"]
    """`unclear`: it failed, and not because the recorded failure happened again."""
    why: str
    """The first line of what pytest said of it; empty when it is green."""


def run_now(test: Path, folder: Path) -> Now:
    """Runs one test file with pytest, from this folder, with the folder's modules importable."""
    command = [sys.executable, "-m", "pytest", str(test), "-q", "--tb=short", "-p", "no:cacheprovider", "--no-header"]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - the user's own agent, named by the user
    except subprocess.TimeoutExpired:
        return Now("not run", f"it did not end within {SECONDS} seconds")
    if ran.returncode == 0:
        return Now("green", "")
    said = [line.removeprefix("E").strip() for line in ran.stdout.splitlines() if line.startswith("E  ")]
    why = said[0].removeprefix("AssertionError: ") if said else (ran.stdout + ran.stderr).strip().rpartition("\n")[2]
    if ran.returncode != _RED:
        return Now("not run", why)
    return Now("red" if why.startswith(AGAIN) else "unclear", why)
