"""`whyspan incidents` and `whyspan analyze`: what they print, what they keep, and that a kill costs no work."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis import batch
from whyspan_analysis.batch import diagnose_pending
from whyspan_collector.store import Store
from whyspan_ui.cli import main


@pytest.fixture
def data(sample_data: Path, tmp_path: Path) -> Path:
    """A copy of the sample runs, diagnosed."""
    return Path(shutil.copytree(sample_data, tmp_path / "data"))


def said(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> Any:
    """What `whyspan incidents ... --json` prints."""
    assert main(["incidents", *arguments, "--json", "--data", str(data)]) == 0
    return json.loads(capsys.readouterr().out)


def test_incidents_are_listed_shown_and_settled(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list names every failed run's cause; what is done about one is seen at once, under any beginning of its id."""
    listed = said(capsys, data)
    assert (listed["schema"], sum(each["runs"] for each in listed["incidents"])) == (
        "whyspan.incidents/1",
        listed["failed"],
    )
    first = listed["incidents"][0]["id"]

    assert said(capsys, data, "fix", first[:6], "--version", "9.9", "--by", "ada")["fixed_in"] == "9.9"
    assert said(capsys, data, "assign", first, "cleo")["owner"] == "cleo"
    noted = said(capsys, data, "note", first, "the", "vendor", "knows")
    assert (noted["notes"][0]["text"], noted["status"]) == ("the vendor knows", "fixed")

    assert main(["incidents", "show", first, "--data", str(data)]) == 0
    printed = capsys.readouterr().out
    assert all(words in printed for words in (first, "fixed", "9.9", "cleo", "the vendor knows"))
    assert main(["incidents", "--data", str(data)]) == 0
    assert first in capsys.readouterr().out


def test_a_filter_and_a_merge(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list takes the filters of `runs`; a merge makes one incident of two and a split two again."""
    every = said(capsys, data)["incidents"]
    agent = next(each["agents"][0] for each in every if each["agents"])
    some = said(capsys, data, "list", f'agent:"{agent}"')["incidents"]
    assert 0 < len(some) < len(every)

    one, other = every[0]["id"], every[1]["id"]
    assert set(said(capsys, data, "merge", one, other)["signatures"]) == {one, other}
    assert len(said(capsys, data)["incidents"]) == len(every) - 1
    said(capsys, data, "split", other, one)
    assert len(said(capsys, data)["incidents"]) == len(every)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show", "zzz"], "no incident 'zzz'"),
        (["show"], "takes ID"),
        (["show", ""], "write more of it"),
        (["ack", "0", "--version", "2"], "--version goes with"),
        (["list", "nonsense:"], "^"),
    ],
)
def test_wrong_use_is_explained(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    """Exit status 2 and what to do instead."""
    assert main(["incidents", *arguments, "--data", str(data)]) == 2
    assert reason in capsys.readouterr().err


def test_several_workers_find_what_one_finds(sample_data: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagnosed in two processes, in portions of a few runs, every row is the same as in one."""
    with closing(Store(data)) as store:
        alone = store.query("fleet").to_pylist()
        store._writer.execute("DELETE FROM diagnoses")
        monkeypatch.setattr(batch, "portions", lambda rows: [rows[n : n + 4] for n in range(0, len(rows), 4)])
        told: list[tuple[int, int]] = []

        assert diagnose_pending(store, workers=2, progress=lambda done, total: told.append((done, total))) == len(alone)

        assert store.query("fleet").to_pylist() == alone
        assert told[-1] == (len(alone), len(alone))
        assert len(told) == -(-len(alone) // 4)


def test_a_killed_analysis_goes_on_where_it_was(data: Path) -> None:
    """Killed after some portions, with its workers gone too; the next call diagnoses the rest, and only that."""
    program = """
import sys
from contextlib import closing
from pathlib import Path
from whyspan_analysis import batch
from whyspan_collector.store import Store
if __name__ == "__main__":
    batch.portions = lambda rows: ([row] for row in rows)
    def advance(done, total):
        if done == 5:
            print("five", flush=True)
            sys.stdin.readline()
    with closing(Store(Path(sys.argv[1]))) as store:
        batch.diagnose_pending(store, workers=2, progress=advance)
"""
    with closing(Store(data)) as store:
        store._writer.execute("DELETE FROM diagnoses")
        total = store.query("totals")["runs"][0].as_py()
    command = [sys.executable, "-c", program, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "five\n"
        workers = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        process.kill()
    with closing(Store(data)) as store:
        assert diagnose_pending(store) == total - 5
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlives the process it worked for"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, signal.SIG_DFL)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_analyze_says_what_it_did(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many runs in what time; then that nothing is left."""
    with closing(Store(data)) as store:
        store._writer.execute("DELETE FROM diagnoses WHERE outcome = 'failed'")

    assert main(["analyze", "--workers", "1", "--data", str(data)]) == 0
    assert "diagnosed in" in capsys.readouterr().err
    assert main(["analyze", "--data", str(data)]) == 0
    assert "Nothing to do" in capsys.readouterr().err
