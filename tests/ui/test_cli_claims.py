"""What `whyspan doctor` says of each agent."""

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
