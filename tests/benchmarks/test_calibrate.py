"""The calibration of suspect lists demands what it says, on rows made by hand."""

from random import Random

import pytest

from benchmarks.faults.calibrate import bits, farthest, measured
from benchmarks.faults.judging import Row
from whyspan_analysis.suspects import MOST


def row(behind: float | None, *, fault: str = "F01", agent: str = "refunds", others: int = 3) -> Row:
    """A failing run whose operation is so many bits behind the first; the others are a bit apart from each other."""
    scores = sorted(
        {0.0, *(-float(step) for step in range(others)), *([] if behind is None else [-behind])}, reverse=True
    )
    return Row(agent, 0, fault, False, "failing", "sdk", True, others, "failed", "likely", behind=behind, scores=scores)


@pytest.mark.parametrize(
    ("rows", "limit"),
    [
        ([row(0.0)] * 9, 0.0),
        ([row(0.0)] * 8, None),  # ceil(0.9 x 9) = 9 of 8 cannot be right
        ([*[row(0.0)] * 17, row(1.5), row(1.5)], 1.5),
        ([*[row(0.0)] * 19, row(None)], 0.0),
        ([row(None)] * 20, None),
    ],
)
def test_the_fewest_bits_with_which_enough_lists_are_right(rows: list[Row], limit: float | None) -> None:
    """One list more than there are counts as wrong, so a handful of runs proves nothing."""
    assert bits(rows, 0.9) == limit


def test_a_list_that_narrows_nothing_down_is_not_counted() -> None:
    """Where the operation is only in lists that are too long, there is no list."""
    assert bits([row(8.0, others=9)] * 20, 0.9) is None
    assert MOST < 9


def test_kinds_that_were_left_out_must_be_covered_as_well() -> None:
    """Where one agent alone needs more bits, lists made without it miss its operations: then more is demanded of all."""
    easy = [row(0.0, fault=f"F{number % 5:02}", agent=f"a{number % 4}") for number in range(80)]
    assert farthest(easy) == 0.0
    other = [row(2.0, fault=f"F{number % 5:02}", agent="a9") for number in range(20)]
    assert bits([*easy, *other], 0.9) == 2.0
    assert farthest([*easy, *other]) is None  # whatever is demanded, the others do not tell how much a9 needs


def test_coverage_is_measured_on_the_lists_that_are_shown() -> None:
    """Grades without a limit get no list; the mean length is that of the lists."""
    rng = Random(1)
    rows = [row(rng.choice([0.0, 1.0])) for _ in range(40)]
    given, covered, length = measured(rows, {"likely": 1.0})
    assert (given.hits, covered.hits, covered.of, length) == (40, 40, 40, 2.0)
    given, covered, _ = measured(rows, {"likely": None})
    assert (given.hits, covered.of) == (0, 0)
