"""`whyspan compare` on the sample recordings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from whyspan_ui.cli import main

WRONG, RIGHT = "797990f38c16", "7dd2c0492188"
"""The refund of the wrong order, and the same request done right."""

Compare = Callable[..., tuple[int, str, str]]


@pytest.fixture
def compare(sample_data: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    """`whyspan compare` with these arguments: exit status, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["compare", *arguments, "--data", str(sample_data)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_passing_run_of_the_same_task_is_taken_where_none_is_named(compare: Compare) -> None:
    """The failed refund is held beside the right one, not beside another run of an agent of that name."""
    status, printed, _ = compare(WRONG, "--json")
    document = json.loads(printed)
    assert (status, document["schema"]) == (0, "whyspan.comparison/1")
    assert document["other_run_id"].startswith(RIGHT)
    assert document["chosen_because"] == "a passing run of the same agent with the same task"
    assert document["same_task"]


def test_two_runs_are_told_apart_for_people(compare: Compare) -> None:
    """The text names how both ended, the first difference, the first choice, and what followed."""
    status, printed, _ = compare(WRONG, RIGHT)
    assert status == 0
    order = [
        "failed  Failed check",
        "ok  Passed",
        "First difference",
        "search_orders",
        "First choice",
        "search without",
    ]
    places = [printed.index(words) for words in order]
    assert places == sorted(places)
    assert "chose “o-88213” here and “o-88127” there" in printed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([WRONG, WRONG], "both are the same run; name two"),
        (["c7071f17e124"], "no other run that passed to hold it beside; name one: whyspan compare RUN OTHER"),
        (["ffffffffffff"], "no run 'ffffffffffff'"),
    ],
)
def test_wrong_use_says_what_to_do(compare: Compare, arguments: list[str], says: str) -> None:
    """What cannot be compared ends with status 2 and a sentence that says what to do."""
    status, printed, complained = compare(*arguments)
    assert (status, printed) == (2, "")
    assert says in complained
