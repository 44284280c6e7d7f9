"""The commands that keep, give out and take away what is stored."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from whyspan_ui.cli import main

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def whyspan(sample_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Calls a command on a copy of the sample runs: (exit status, standard output, standard error)."""
    shutil.copytree(sample_data, tmp_path / "data")

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--data", str(tmp_path / "data")])
        return status, *capsys.readouterr()

    return call


def stored(whyspan: Say) -> int:
    """How many runs there are."""
    return whyspan("runs", "--json")[1].count('"run_id"')


def test_runs_show_the_words_that_were_found(whyspan: Say) -> None:
    """A search for text shows the words around the hit with their span; a wrong filter points to the mistake."""
    status, printed, _ = whyspan("runs", 'text:"gold-tier customer"')
    assert status == 0
    assert "gold-tier customer" in printed
    assert "  span " in printed
    status, _, complaint = whyspan("runs", "agent:x", "statsu:failed")
    assert status == 2
    assert "did you mean status?" in complaint
    assert complaint.splitlines()[-1].index("^") == complaint.splitlines()[-2].index("statsu")
    assert "No run matches" in whyspan("runs", "agent:nobody")[2]


def test_spans_are_listed_by_a_filter(whyspan: Say) -> None:
    """The spans with run, kind and error for people; with all canonical columns for machines; bounded, and it says so."""
    status, printed, noted = whyspan("spans", "ended:error", "kind:tool", "--limit", "1")
    assert status == 0
    assert len([line for line in printed.splitlines() if not line.startswith(" ")]) == 2
    assert "--limit gives more" in noted
    document = json.loads(whyspan("spans", "ended:error", "--json", "--limit", "10000")[1])
    assert document["schema"] == "whyspan.spans/1"
    assert {span["status"] for span in document["spans"]} == {"error"}
    assert {"run_id", "span_id", "tool", "error_message"} <= document["spans"][0].keys()
    assert "No span matches" in whyspan("spans", "tool:nobody")[2]
    assert whyspan("spans", "statsu:failed")[0] == 2


def test_an_export_is_imported_as_the_same_runs(
    whyspan: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs go out and in again in every form; a folder with something in it is left alone."""
    for form in ("otlp", "jsonl", "parquet"):
        out, other = tmp_path / form, str(tmp_path / f"other {form}")
        assert whyspan("export", "status:failed", "--format", form, "--out", str(out))[0] == 0
        assert main(["import", str(out), "--data", other]) == 0
        capsys.readouterr()
        main(["runs", "--json", "--data", other])
        assert capsys.readouterr().out == whyspan("runs", "status:failed", "--json")[1]
        assert whyspan("export", "--out", str(out))[0] == 2
    assert main(["import", str(out / "runs.parquet"), "--data", other]) == 2
    assert "without what was sent" in capsys.readouterr().out


def test_sql_answers_and_refuses(whyspan: Say) -> None:
    """A SELECT is answered for people and machines; anything else is refused with a reason, and nothing stays behind."""
    every = stored(whyspan)
    assert whyspan("sql", "select count(*) as n from runs", "--json")[1] == f'{{"n": {every}}}\n'
    assert "agent" in whyspan("sql", "select agent, spans from runs")[1]
    status, _, complaint = whyspan("sql", "delete from runs")
    assert (status, stored(whyspan)) == (2, every)
    assert "one SELECT" in complaint


def test_pins_are_listed_and_changed(whyspan: Say) -> None:
    """Added with a reason, listed for people and machines, removed again; wrong use is said."""
    run_id = json.loads(whyspan("runs", "--json")[1])["runs"][0]["run_id"]
    assert "No run is pinned" in whyspan("pins")[2]
    status, printed, _ = whyspan("pins", "add", run_id[:12], "--reason", "postmortem")
    assert status == 0
    assert f"{run_id[:12]} " in printed
    assert "postmortem" in printed
    document = json.loads(whyspan("pins", "--json")[1])
    assert document == {"schema": "whyspan.pins/1", "pins": [{"run_id": run_id, "reasons": ["postmortem"]}]}
    assert whyspan("pins", "remove", run_id, "--reason", "another")[1] != ""
    assert "No run is pinned" in whyspan("pins", "remove", run_id)[2]
    assert (whyspan("pins", "add")[0], whyspan("pins", "list", run_id)[0]) == (2, 2)


def test_delete_removes_what_is_named(whyspan: Say) -> None:
    """One run by its id, or all that match a filter once it is confirmed."""
    every = stored(whyspan)
    run_id = whyspan("runs", "--json")[1].split('"run_id": "')[1][:32]
    assert "Deleted 1 runs" in whyspan("delete", run_id)[1]
    failed = whyspan("runs", "status:failed", "--json")[1].count('"run_id"')
    status, _, complaint = whyspan("delete", "--matching", "status:failed")
    assert (status, stored(whyspan)) == (2, every - 1)
    assert f"{failed} runs match" in complaint
    assert whyspan("delete", "--matching", "status:failed", "--yes")[0] == 0
    assert stored(whyspan) == every - 1 - failed
    assert whyspan("delete")[0] == 2


def test_a_backup_is_restored(whyspan: Say, tmp_path: Path) -> None:
    """What was deleted comes back from the backup; stored runs are replaced only when that is said."""
    every, backup = stored(whyspan), str(tmp_path / "backup.duckdb")
    assert whyspan("backup", backup)[0] == 0
    whyspan("delete", "--matching", "status:failed", "--yes")
    assert whyspan("restore", backup)[0] == 2
    assert whyspan("restore", backup, "--replace")[0] == 0
    assert stored(whyspan) == every
    assert whyspan("restore", str(tmp_path / "nothing"))[0] == 2
