"""The shortest suspect list: the steps close enough behind the first, or the word that the recording does not narrow it down."""

import json
from importlib.resources import files

import pytest

from whyspan_analysis import suspects as module
from whyspan_analysis.calibration import Calibration, calibration
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Grade, Hypothesis, Run, Status
from whyspan_analysis.suspects import MOST, suspects

KNOWN = Calibration(
    {"strong": 0.0, "likely": 2.0, "suspect": None}, 0.9, {"strong": (1.0, 40), "likely": (0.93, 120)}, {}
)


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "calibration", lambda: KNOWN)


def ranked(grade: Grade, *scores: float) -> list[Hypothesis]:
    """Hypotheses with these scores, the first of this grade."""
    return [
        Hypothesis(rank, f"s{rank}", None, None, None, grade, score, None, [])
        for rank, score in enumerate(scores, start=1)
    ]


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(
    ("grade", "scores", "listed"),
    [
        (Grade.STRONG, (9.0, 8.9), ["s1"]),
        (Grade.LIKELY, (5.0, 4.0, 3.0, 2.9), ["s1", "s2", "s3"]),
        (Grade.LIKELY, (5.0, *[4.9] * MOST), []),
        (Grade.SUSPECT, (5.0, 1.0), []),
    ],
)
def test_suspects_are_the_steps_close_behind_the_first(
    grade: Grade, scores: tuple[float, ...], listed: list[str]
) -> None:
    """How close depends on the grade; a list that would be too long, or right too seldom, is not shown."""
    found = suspects(ranked(grade, *scores))
    assert found is not None
    assert list(found.span_ids) == listed


@pytest.mark.usefixtures("_known")
def test_the_list_says_how_often_such_lists_were_right() -> None:
    """The sentence gives the target, the measured share and of how many lists; without a list it says so."""
    told = suspects(ranked(Grade.LIKELY, 5.0, 4.0))
    assert told is not None
    assert told.text == (
        "The suspects are these 2 steps: of 120 such lists, for injected failures graded likely that were held out,"
        " 93% held the cause (target 90%)."
    )
    assert (told.coverage, told.measured, told.lists) == (0.9, 0.93, 120)
    silent = suspects(ranked(Grade.SUSPECT, *range(9, 0, -1)))
    assert silent is not None
    assert silent.text.startswith("The recording does not let us narrow it down: no list of at most 5 of its 9 steps")


def test_only_failed_runs_have_suspects_and_they_are_the_first_hypotheses(sample: list[Run]) -> None:
    """Of every recording: a list for failed runs only, and it is a beginning of the ranking."""
    for run in sample:
        diagnosis = diagnose(run)
        assert (diagnosis.suspects is not None) == (diagnosis.outcome.status is Status.FAILED)
        if diagnosis.suspects is not None:
            listed = list(diagnosis.suspects.span_ids)
            assert listed == [hypothesis.span_id for hypothesis in diagnosis.hypotheses][: len(listed)]
            assert len(listed) <= MOST


def test_the_shipped_constants_say_where_they_come_from() -> None:
    """`calibration.json` names its script, date, worlds and the coverage on what was held out, and reads back."""
    document = json.loads(files("whyspan_analysis").joinpath("calibration.json").read_text(encoding="utf-8"))
    held = document["suspects"]["held_out"]["strong"]
    assert document["calibrated_by"] == "benchmarks/faults/calibrate.py"
    assert {"on", "analysis_version", "seeds"} <= document.keys()
    assert calibration().measured["strong"] == (held["covered"], held["lists"])
    assert calibration().coverage == 0.9
