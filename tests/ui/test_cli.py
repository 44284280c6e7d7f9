"""The commands as a person or a script meets them, over recorded runs of real frameworks."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from whyspan_collector.errors import QueryError
from whyspan_ui.cli import main
from whyspan_ui.samples import folder_of_samples

SAMPLES = folder_of_samples()
FAILED = "openai-agents__openinference__hallucinated_tool"
HEALTHY = "pydantic-ai__native__handoff"
OURS = "whyspan__lost_constraint"

Whyspan: TypeAlias = Callable[..., tuple[int, str, str]]
"""Runs a command on the imported data; gives exit status, standard output and standard error."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three recorded runs, imported by the command line as a process of its own."""
    folder = tmp_path_factory.mktemp("data")
    paths = [str(SAMPLES / name) for name in (FAILED, HEALTHY, OURS)]
    ran = subprocess.run(
        [sys.executable, "-m", "whyspan_ui.cli", "import", *paths, "--data", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "3 runs, 2 failed, 1 ok" in ran.stdout
    return folder


@pytest.fixture
def whyspan(data: Path, capsys: pytest.CaptureFixture[str]) -> Whyspan:
    """The command line, with `--data` given."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--data", str(data)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def run_id(whyspan: Whyspan, sample: str) -> str:
    """The id of the failed run of a sample."""
    runs = json.loads(whyspan("runs", "--json")[1])["runs"]
    agents = {FAILED: "support", OURS: "travel"}
    (found,) = [run["run_id"] for run in runs if (run["agent"] == agents[sample] and run["outcome"] == "failed")]
    return str(found)


# --- runs -------------------------------------------------------------------------------------------------------


def test_runs_lists_failed_runs_first(whyspan: Whyspan) -> None:
    """The table starts with the failed runs and gives the verdict of each."""
    status, printed, _ = whyspan("runs")

    outcomes = re.findall(r"^[0-9a-f]{12} +(failed|ok|unknown) ", printed, flags=re.MULTILINE)
    assert (status, outcomes) == (0, ["failed", "failed", "ok"])
    assert "get_customer_tier" in printed


def test_runs_json_follows_the_contract(whyspan: Whyspan) -> None:
    """`runs --json` is one document of the declared shape, by start and run id, and the healthy run is not accused."""
    document = json.loads(whyspan("runs", "--json")[1])

    assert document["schema"] == "whyspan.runs/1"
    runs = document["runs"]
    assert [(run["started_at"], run["run_id"]) for run in runs] == sorted(
        (run["started_at"], run["run_id"]) for run in runs
    )
    healthy = [run for run in runs if run["outcome"] == "ok"]
    assert [(run["grade"], run["verdict"], run["decisive"]) for run in healthy] == [("none", None, None)]
    assert all(set(run["decisive"]) == {"span_id", "agent", "tool"} for run in runs if run["outcome"] == "failed")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["status:failed"], 2),
        (["agent:travel*", "not", "status:ok"], 1),
        (["--limit", "1"], 1),
        (["--since", "1m"], 0),
        (["CUSTOMER_TIER"], 1),
    ],
)
def test_runs_are_filtered(whyspan: Whyspan, arguments: list[str], count: int) -> None:
    """A filter, in one argument or several, age and number narrow the list."""
    assert len(json.loads(whyspan("runs", "--json", *arguments)[1])["runs"]) == count


# --- why and show -----------------------------------------------------------------------------------------------


def test_why_explains_a_failed_run(whyspan: Whyspan) -> None:
    """The text names outcome, grade and verdict, quotes the evidence with its place, and shows how the score adds up."""
    status, printed, _ = whyspan("why", run_id(whyspan, FAILED)[:12])

    assert status == 0
    assert re.search(r"^failed ", printed, flags=re.MULTILINE)
    assert re.search(r"^(strong|likely) cause  .*get_customer_tier", printed, flags=re.MULTILINE)
    assert re.search(r"^ +derived ", printed, flags=re.MULTILINE)
    assert re.search(r"span [0-9a-f]{16}, ", printed)
    assert "bits" in printed
    assert "verified" not in printed
    assert "whyspan compare" not in whyspan("why", run_id(whyspan, OURS))[1]  # no run of its agent passed


def test_why_json_is_one_object_a_line(whyspan: Whyspan) -> None:
    """`why --all --format json` prints a document per run, each of the declared shape, grounded in spans of the run."""
    _, printed, _ = whyspan("why", "--all", "--format", "json")

    documents = [json.loads(line) for line in printed.splitlines()]
    assert [document["schema"] for document in documents] == ["whyspan.diagnosis/1"] * 3
    assert {document["outcome"]["status"] for document in documents} == {"ok", "failed"}
    for document in documents:
        assert {sentence["class"] for sentence in document["chain"]} <= {"recorded", "derived"}
        spans = {span["span_id"] for span in json.loads(whyspan("show", document["run_id"], "--json")[1])["spans"]}
        assert {ref["span_id"] for sentence in document["chain"] for ref in sentence["refs"]} <= spans


def test_why_markdown_is_for_a_pull_request(whyspan: Whyspan) -> None:
    """Markdown has the verdict as heading and the chain as a numbered list with classes."""
    _, printed, _ = whyspan("why", run_id(whyspan, FAILED), "--format", "markdown")

    assert re.match(r"## .*`get_customer_tier`", printed)
    assert re.search(r"^1\. \*(recorded|derived)\*: ", printed, flags=re.MULTILINE)


def test_show_prints_the_decision_tree(whyspan: Whyspan) -> None:
    """A recorded decision shows its question, the choice, what was not taken and why, and what it led to."""
    status, printed, _ = whyspan("show", run_id(whyspan, OURS))

    assert status == 0
    assert "The offer is sold out. What now?  travel  recorded" in printed
    assert "● search again" in printed
    assert "○ other days  the meeting is on the 15th" in printed
    assert "because seats change by the minute  recorded" in printed
    assert re.search(r"→ execute_tool hold_offer  span [0-9a-f]{16}  error", printed)


def test_show_json_follows_the_contract(whyspan: Whyspan) -> None:
    """`show --json` has the spans, the decisions with their options and what is missing."""
    document = json.loads(whyspan("show", run_id(whyspan, OURS), "--json")[1])

    assert document["schema"] == "whyspan.run/1"
    spans = {span["span_id"] for span in document["spans"]}
    assert {decision["source"] for decision in document["decisions"]} == {"recorded", "derived"}
    for decision in document["decisions"]:
        assert {"question", "options", "rationale", "evidence", "led_to", "agent"} <= set(decision)
        assert set(decision["led_to"]) <= spans
    assert document["missing"] == []


def test_a_run_is_found_by_any_unique_beginning(whyspan: Whyspan) -> None:
    """Four characters are enough where they are unique; the agent's own run id works as well."""
    wanted = run_id(whyspan, FAILED)

    assert json.loads(whyspan("why", wanted[:6], "--json")[1])["run_id"] == wanted


# --- doctor -----------------------------------------------------------------------------------------------------


def test_doctor_says_where_the_data_is_and_what_to_add(whyspan: Whyspan, data: Path) -> None:
    """Doctor names the folder and gives advice to the service that records no decisions, not to the one that does."""
    status, printed, _ = whyspan("doctor", "--json")

    findings = json.loads(printed)
    advice = {service["service"]: " ".join(service["advice"]) for service in findings["services"]}
    assert (status, findings["data"], findings["collector"]) == (0, str(data), None)
    assert "whyspan.decision" not in advice["travel-desk"]
    assert any("whyspan.decision" in said for said in advice.values())
    assert [row["model"] for row in findings["unpriced"]] == ["scripted-1"]
    (agents,) = (one for one in findings["instrumentations"] if "openai_agents" in one["scope"])
    assert (agents["spans"]["agent"], agents["filled"]["agent"]["agent"], agents["unknown"]) == (2, 1, {})


def test_doctor_says_what_instrumentations_leave_out(whyspan: Whyspan) -> None:
    """For people: which prices are missing, what the newest spans lack, and which attributes nobody knows."""
    _, printed, _ = whyspan("doctor")

    assert "no price for scripted-1 (" in printed
    assert "add it to prices.toml" in " ".join(printed.split())
    assert "openinference.instrumentation.openai_agents 2.6.0" in printed
    assert "of 2 agents: 1 with a name" in printed


def test_doctor_works_before_there_is_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a fresh folder doctor says what to do first, and creates nothing."""
    assert main(["doctor", "--data", str(tmp_path / "none")]) == 0

    assert "whyspan import" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


# --- wrong use --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["why", "ffffffffffff"], "no run 'ffffffffffff'; `whyspan runs` lists"),
        (["show", "ff"], "at least four characters"),
        (["why"], "name one or more runs, or --all"),
        (["why", "abcd", "--all"], "name one or more runs, or --all"),
    ],
)
def test_wrong_use_is_status_2_and_says_what_to_do(whyspan: Whyspan, arguments: list[str], says: str) -> None:
    """What cannot be done ends with status 2 and a sentence that says what to do."""
    status, printed, complained = whyspan(*arguments)

    assert (status, printed) == (2, "")
    assert says in complained


def test_a_missing_data_folder_is_named_and_not_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt --data is told, with the ways to fill it, and leaves no empty folder behind."""
    assert main(["runs", "--data", str(tmp_path / "typo")]) == 2

    complained = capsys.readouterr().err
    assert str(tmp_path / "typo") in complained
    assert "whyspan import" in complained
    assert not (tmp_path / "typo").exists()


def test_a_bug_is_status_3_with_its_traceback(whyspan: Whyspan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of Whyspan itself is told apart from wrong use and can be reported."""

    def broken(*_: object, **__: object) -> None:
        raise QueryError("no such column")

    monkeypatch.setattr("whyspan_collector.store.Store.query", broken)
    status, _, complained = whyspan("runs")

    assert status == 3
    assert "no such column" in complained
    assert "please report" in complained


def test_output_into_a_closed_pipe_is_no_error(data: Path) -> None:
    """`whyspan runs | head -1` ends quietly."""
    command = f"{sys.executable} -m whyspan_ui.cli why --all --data {data} | head -1; echo ${{PIPESTATUS[0]}}"

    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert (ran.stdout.splitlines()[-1], ran.stderr) == ("0", "")
