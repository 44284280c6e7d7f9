"""From a recorded failure to a rule in force, on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from whyspan_ui.cli import main
from whyspan_ui.samples import samples

NAMES = ("openai-agents__openinference__hallucinated_tool", "pydantic-ai__native__handoff")


@pytest.fixture(scope="module")
def data(fill: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A failed run, whose model called a tool that does not exist, and a passing one."""
    chosen = [sample for sample in samples() if sample.name in NAMES]
    return fill(tmp_path_factory.mktemp("rules"), (path.read_bytes() for each in chosen for path in each.requests))


def test_a_failure_becomes_a_rule_in_force(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A rule is proposed with what it would have done, activated by name, exported for the guard, and all of it is logged."""

    def whyspan(*arguments: str) -> tuple[int, str]:
        status = main(["rules", *arguments, "--data", str(data)])
        return status, capsys.readouterr().out

    main(["runs", "--json", "--data", str(data)])
    runs = json.loads(capsys.readouterr().out)["runs"]
    failed = next(run["run_id"] for run in runs if run["outcome"] == "failed")

    _, proposed = whyspan("propose", failed, "-o", str(tmp_path / "proposed.yaml"))
    assert "would have stopped 1 of 1 failures in time" in proposed
    assert "would have hit     0 of 1 good runs" in proposed
    assert whyspan("check", str(tmp_path / "proposed.yaml"))[0] == 0

    _, listed = whyspan("--json")
    (rule,) = json.loads(listed)["rules"]
    assert (rule["a"], rule["status"], rule["proposed_from"]["run"]) == ("!offered()", "candidate", failed)
    assert whyspan("test", rule["id"])[0] == 0
    assert main(["rules", "activate", rule["id"], "--data", str(data)]) == 2
    assert "say who does it" in capsys.readouterr().err

    whyspan("activate", rule["id"][:12], "--by", "ada", "--note", "agreed")
    whyspan("export", "-o", str(tmp_path / "rules.json"))
    (in_force,) = json.loads((tmp_path / "rules.json").read_text())["rules"]
    assert (in_force["status"], in_force["activated_by"]) == ("active", "ada")
    main(["audit", "--kind", "rule", "--data", str(data)])
    assert f"activated  {rule['id']} agreed  by ada" in capsys.readouterr().out

    whyspan("propose", failed)
    assert whyspan("add", str(tmp_path / "proposed.yaml"))[0] == 2
    assert json.loads(whyspan("--json")[1])["rules"][0]["status"] == "active"  # proposed again it stays in force

    whyspan("retire", rule["id"], "--by", "bo")
    assert json.loads(whyspan("--json")[1])["rules"] == []


def test_a_rule_that_hits_good_runs_fails_its_test(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`rules test` ends with status 1 when a rule would have hit more good runs than it may, and names them."""
    path = tmp_path / "rules.yaml"
    path.write_text("id: no-models\nkind: absence\na: e.kind == 'model'\n")

    status = main(["rules", "test", str(path), "--data", str(data)])

    assert status == 1
    assert "would have hit     1 of 1 good runs" in capsys.readouterr().out


def test_a_failed_run_becomes_a_test(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`whyspan test export` writes a test and its tape once, says what it checked, and refuses what no test can be made of."""
    main(["runs", "--json", "--data", str(data)])
    runs = {run["outcome"]: run["run_id"] for run in json.loads(capsys.readouterr().out)["runs"]}
    folder = tmp_path / "tests"
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of this environment take two seconds to load

    def export(run: str, *more: str) -> tuple[int, str]:
        status = main(["test", "export", run, "--data", str(data), "--to", str(folder), *more])
        out, err = capsys.readouterr()
        return status, out + err

    status, printed = export(runs["failed"], "--agent", "no_such_module:agent")
    assert status == 2
    assert "could not be run against no_such_module:agent: ModuleNotFoundError" in printed
    assert list(folder.iterdir()) == []

    status, printed = export(runs["failed"], "--json")
    document = json.loads(printed)
    assert status == 0
    assert document["checked"]["passing"] == document["checked"]["spared"] == 1
    assert document["now"] is None
    test = Path(document["test"])
    assert test.with_suffix(".json").is_file()
    assert "def agent(given: object)" in test.read_text()

    assert export(runs["failed"])[0] == 2  # it may have been changed since
    assert "did not fail" in export(next(id_ for outcome, id_ in runs.items() if outcome != "failed"))[1]
    assert "no rule 'nothing' is kept" in export(runs["failed"], "--rule", "nothing")[1]
