"""The gate in CI: recorded runs against rules, with a status a build understands and files its server reads."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import pytest

from whyspan_ui.cli import main
from whyspan_ui.samples import folder_of_samples

TRACES = [
    str(folder_of_samples() / name)
    for name in ("openai-agents__openinference__hallucinated_tool", "pydantic-ai__native__handoff")
]
RULES = """
rules:
- {id: only-offered-tools, kind: absence, a: '!offered()', message: 'No such tool.', severity: 5}
- {id: no-strangers, kind: absence, a: e.name == "nobody"}
- {id: no-models, kind: absence, a: e.kind == "model", status: shadow}
"""
Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """`whyspan check` on two recorded runs, of which one called a tool that does not exist."""
    (tmp_path / "rules.yaml").write_text(RULES)

    def run(*arguments: str) -> tuple[int, str]:
        status = main(["check", *TRACES, "--rules", str(tmp_path / "rules.yaml"), *arguments])
        return status, capsys.readouterr().out

    return run


def test_a_broken_rule_fails_the_build_and_a_shadow_only_speaks(check: Check) -> None:
    """Status 1, with the run, the call and the words of the rule; a rule in shadow is reported beside it."""
    status, printed = check()

    assert status == 1
    assert "broke only-offered-tools, first at call get_customer_tier: No such tool." in printed
    assert printed.count("shadow  run ") == 2
    assert "2 runs, 3 rules: 1 kept by every run" in printed


def test_a_build_server_reads_junit(check: Check, tmp_path: Path) -> None:
    """One test case a rule; the broken one has failed and says by which run, the shadow one has not."""
    check("--format", "junit", "-o", str(tmp_path / "rules.xml"))

    suite = ET.parse(tmp_path / "rules.xml").getroot()
    failed = {case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None}
    assert (suite.get("tests"), suite.get("failures"), failed) == ("3", "1", {"only-offered-tools"})
    assert "get_customer_tier" in (suite.findtext("testcase/failure") or "")


def test_a_code_host_reads_sarif(check: Check) -> None:
    """Results name their rule, level and run, and stand at the file of rules."""
    (run,) = json.loads(check("--format", "sarif")[1])["runs"]

    results = {(result["ruleId"], result["level"]) for result in run["results"]}
    assert results == {("only-offered-tools", "error"), ("no-models", "note")}
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("rules.yaml")


def test_runs_that_keep_the_rules_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 when nothing is broken; 2, with what to do, when rules or runs are missing."""
    (tmp_path / "rules.yaml").write_text("id: only-offered-tools\nkind: absence\na: '!offered()'\n")
    (tmp_path / "notes.txt").write_text("no trace")

    assert main(["check", TRACES[1], "--rules", str(tmp_path / "rules.yaml")]) == 0
    assert main(["check", TRACES[1]]) == 2
    assert main(["check", str(tmp_path), "--rules", str(tmp_path / "rules.yaml")]) == 2
    assert "there is no run to check" in capsys.readouterr().err


def test_a_log_that_somebody_changed_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`whyspan verify` ends with status 1 and the entry where a log, of rules or of incidents, stops being what was written."""
    (tmp_path / "rules.yaml").write_text(RULES)
    data = str(tmp_path / "data")
    main(["import", TRACES[0], "--data", data])
    main(["rules", "add", str(tmp_path / "rules.yaml"), "--data", data])
    main(["rules", "activate", "no-models", "--by", "ada", "--data", data])
    capsys.readouterr()
    main(["incidents", "--json", "--data", data])
    incident = json.loads(capsys.readouterr().out)["incidents"][0]["id"]
    main(["incidents", "note", incident, "look", "at", "it", "--data", data])
    assert main(["verify", "--data", data]) == 0

    with duckdb.connect(tmp_path / "data" / "whyspan.duckdb") as connection:
        connection.execute("UPDATE rule_events SET person = 'bo' WHERE number = 4")
        connection.execute("UPDATE incident_events SET value = 'look away'")

    capsys.readouterr()
    assert main(["verify", "--data", data]) == 1
    said = capsys.readouterr().out
    assert "from entry 4 of 4 on" in said
    assert "from entry 1 of 1 on" in said
