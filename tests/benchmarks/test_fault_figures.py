"""The figures of the fault-injection suite, on rows whose answer is known."""

import math

import pytest

from benchmarks.faults.judging import Row
from benchmarks.faults.measure import add_position_prior, separability, share, suspect_list, top
from benchmarks.faults.report import report


def row(seed: int, rank: int | None = 1, **rest: object) -> Row:
    """A failing run of ten steps; its operation is at `rank`, two bits behind for each place."""
    made = Row(
        "rag",
        seed,
        "F11",
        mechanical=False,
        kind="failing",
        style="sdk",
        told=True,
        steps=10,
        status="failed",
        grade="suspect",
    )
    made.rank = made.own_rank = rank
    made.scores = [-2.0 * place for place in range(10)]
    made.behind = None if rank is None else 2.0 * (rank - 1)
    for name, value in rest.items():
        setattr(made, name, value)
    return made


def test_a_share_counts_runs_and_its_interval_resamples_worlds() -> None:
    """Ten runs of two worlds: the interval spans from one world's share to the other's."""
    rows = [row(1, 1) for _ in range(5)] + [row(2, 4) for _ in range(5)]
    found = share(rows, top(3))
    assert (found.hits, found.of, found.low, found.high) == (5, 10, 0.0, 1.0)
    assert str(share([], top(1))) == "-"


def test_random_is_the_chance_of_drawing_a_right_step() -> None:
    """One right step of ten is drawn first in 1 of 10 cases and within three draws in 3 of 10."""
    one = row(1, ranks={"random": 11 / 2})
    assert top(1, "random")(one) == pytest.approx(0.1)
    assert top(3, "random")(one) == pytest.approx(0.3)


def test_the_position_prior_is_learned_on_other_worlds() -> None:
    """Faults of even seeds lie at the end: for an odd seed the last step comes first; odd seeds teach even ones something else."""
    rows = [row(2, places=[9]), row(4, places=[9]), row(1, places=[9]), row(3, places=[0])]
    add_position_prior(rows)
    assert rows[2].ranks["position prior"] == 1
    assert rows[3].ranks["position prior"] == 2


def test_the_suspect_list_is_as_long_as_coverage_needs() -> None:
    """With the operation always third, the list is three steps long and holds it; where it is nowhere, no list does."""
    listed = suspect_list([row(seed, 3) for seed in range(40)])
    assert (listed.bits, listed.size, listed.covered.hits) == (4.0, 3.0, 20)
    lost = suspect_list([row(seed, None) for seed in range(40)])
    assert (lost.bits, lost.covered.hits) == (math.inf, 0)


def test_length_alone_separates_nothing_when_runs_are_equally_long() -> None:
    """Runs of the same number of decisions: an even chance."""
    assert separability([row(1)], [row(2), row(4)]) == 0.5


def test_single_faults_and_agents_that_are_held_out_are_not_shown() -> None:
    """The report has a line for each fault and agent, except for those held out, which appear in totals only."""
    rows = [
        row(1, ranks={"random": 5.0}),
        row(2, fault="F21"),
        row(3, agent="incident"),
        row(4, None, kind="passing", fault=None),
    ]
    for each in rows:
        each.ranks.setdefault("random", None)
    lines = "\n".join(report(rows))
    assert "F11 wrong aggregate" in lines
    assert "F21" not in lines
    assert "| incident" not in lines
