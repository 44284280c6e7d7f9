"""What the traces of an agent let us claim is computed from its stored runs, and every detector has its place in the mapping."""

import json
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from whyspan_analysis.captures import CAPTURES
from whyspan_analysis.claims import Claims, read_claims
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Run
from whyspan_analysis.taxonomy import taxonomy
from whyspan_collector.store import Store


@pytest.fixture(scope="module")
def claims(sample_data: Path) -> dict[str | None, Claims]:
    """Service -> the claims of its agent with the most runs, for the sample recordings."""
    with closing(Store(sample_data)) as store:
        found: dict[str | None, Claims] = {}
        for each in read_claims(store):
            found.setdefault(each.service, each)
        return found


def test_an_agent_with_our_sdk_lets_all_detectors_work(claims: dict[str | None, Claims]) -> None:
    """Where conversation, tools, effects, decisions and checks are recorded, nothing is lacking for any grade."""
    desk = claims["support-desk"]
    assert not any(desk.detectors.values())
    assert desk.grades["strong"] == "of runs that record how they ended (2 of 2), and of runs that raise"
    assert "checks" not in dict(desk.to_add)


def test_an_agent_without_checks_is_told_what_that_costs(claims: dict[str | None, Claims]) -> None:
    """Plain instrumentation: the grade that needs a check is confined to runs that raise, and a check is what to add."""
    bot = claims["support-bot"]
    assert bot.captured["checks"].have == 0
    assert "no check is recorded" in bot.grades["strong"]
    assert bot.detectors["unverified_irreversible"] == ["effects"]
    assert dict(bot.to_add)["effects"] >= 1


def test_an_agent_whose_model_calls_are_not_recorded_lacks_them(claims: dict[str | None, Claims]) -> None:
    """A recording without model calls names them among what to add, with the detectors that wait for it."""
    crew = claims["support-crew"]
    assert crew.captured["conversation"].of == 0
    assert dict(crew.to_add)["conversation"] > 1
    assert crew.to_add[0][1] == max(waiting for _, waiting in crew.to_add)


def test_a_diagnosis_says_what_nobody_could_look_at(sample_run: Callable[[str], Run]) -> None:
    """A failed run without model calls names what is not there; a full recording has nothing to name, nor has a run that is ok."""
    crew = diagnose(sample_run("crewai__openinference__retry_loop"))
    assert crew.cannot_tell[0].startswith("The trace does not hold what models answered: ")
    assert diagnose(sample_run("whyspan__refund_wrong_order")).cannot_tell == []
    assert diagnose(sample_run("langgraph__langfuse__handoff")).cannot_tell == []


def test_every_detector_is_in_the_mapping() -> None:
    """`taxonomy.json` names every detector, ids that it explains, and needs that `captures` knows; and no detector that went."""
    document = json.loads(files("whyspan_analysis").joinpath("taxonomy.json").read_text(encoding="utf-8"))
    assert document["version"] >= 1
    assert taxonomy().keys() == BY_NAME.keys()
    for entry in taxonomy().values():
        assert set(entry.mast) <= document["mast"].keys()
        assert set(entry.owasp) <= document["owasp"].keys()
        assert set(entry.needs) <= CAPTURES.keys()
