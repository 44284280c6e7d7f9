"""What `whyspan doctor` says of each agent, and `whyspan why` beside the verdict."""

import json
from pathlib import Path

import pytest

from whyspan_ui.cli import main


def test_doctor_says_what_can_be_claimed_of_each_agent(sample_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Captured, working detectors, reachable grades and what to add, for people and as JSON."""
    assert main(["doctor", "--data", str(sample_data)]) == 0
    printed = capsys.readouterr().out
    assert "What can be claimed of support, service support-desk" in printed
    assert "can be said of runs that record how they ended (2 of 2)" in printed
    assert "say so: whyspan.outcome(ok=..., check=...)" in printed
    assert main(["doctor", "--json", "--data", str(sample_data)]) == 0
    agents = json.loads(capsys.readouterr().out)["agents"]
    desk = next(agent for agent in agents if agent["service"] == "support-desk")
    assert desk["captured"]["arguments"]["have"] == desk["captured"]["arguments"]["of"] > 0
    assert {"detector", "passing", "passing_runs", "likelihood_ratio", "muted"} <= set(desk["firing"][0])


def test_why_says_which_steps_are_suspect_and_needs_a_model_to_judge(
    sample_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suspect list stands in the text and in the document; `--judge` without a model says what to set."""
    monkeypatch.delenv("WHYSPAN_JUDGE_URL", raising=False)
    assert main(["why", "797990f38c16", "--data", str(sample_data)]) == 0
    printed = capsys.readouterr().out
    assert main(["why", "797990f38c16", "--json", "--data", str(sample_data)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["suspects"]["text"][:40] in printed
    assert "whyspan compare 797990f38c16" in printed
    assert document["opinion"] is None
    assert main(["why", "797990f38c16", "--judge", "--data", str(sample_data)]) == 2
    assert "set WHYSPAN_JUDGE_URL" in capsys.readouterr().err


def test_why_prints_the_opinion_of_a_model_apart(
    sample_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a model that nobody answers for, the diagnosis stands as it is and the text says why there is no opinion."""
    monkeypatch.setenv("WHYSPAN_JUDGE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("WHYSPAN_JUDGE_MODEL", "judge-1")
    assert main(["why", "797990f38c16", "--judge", "--data", str(sample_data)]) == 0
    assert "The model gave no opinion: it cannot be reached" in capsys.readouterr().out
    assert main(["why", "797990f38c16", "--judge", "--json", "--data", str(sample_data)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["grade"], document["opinion"]["claims"]) == ("strong", [])
