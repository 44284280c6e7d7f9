"""The columns the explorer is fed with, for every sample run."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import load_run
from whyspan_collector.store import Store
from whyspan_ui.components.columns import columns

Runs = list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def every_run(sample_data: Path) -> Runs:
    """Every sample run's row and columns."""
    with closing(Store(sample_data)) as store:
        rows = store.query("runs").to_pylist()
        runs = [load_run(store, row["run_id"]) for row in rows]
    return [(row, columns(run, diagnose(run))) for row, run in zip(rows, runs, strict=True)]


def test_every_span_is_there_once_below_its_parent(every_run: Runs) -> None:
    """Rows are depth first: a row's parent is the nearest row above it that is one level up."""
    for run, made in every_run:
        assert len(set(made["id"])) == len(made["id"]) == run["spans"]
        for row, (parent, depth) in enumerate(zip(made["parent"], made["depth"], strict=True)):
            above = [other for other in range(row) if made["depth"][other] == depth - 1]
            assert parent == (above[-1] if depth else -1)


def test_times_are_positive_and_tokens_count_once(every_run: Runs) -> None:
    """No bar starts before the run, and the token sum is that of the run's row."""
    for run, made in every_run:
        assert min(made["start"]) >= 0
        if run["input_tokens"] is not None and run["output_tokens"] is not None:
            known = [tokens for tokens in made["tokens"] if tokens is not None]
            assert sum(known) == run["input_tokens"] + run["output_tokens"]


def test_the_decisive_row_is_marked(every_run: Runs) -> None:
    """A failed run with a verdict marks exactly one row as decisive; no other run marks any."""
    for run, made in every_run:
        marked = [row for row, mark in enumerate(made["mark"]) if mark == "decisive"]
        expected = run["decisive_span_id"] if run["outcome"] == "failed" else None
        assert [made["id"][row] for row in marked] == ([expected] if expected else [])
        assert made["decisive"] == (marked[0] if marked else None)


def test_decisions_point_into_the_rows(every_run: Runs) -> None:
    """Every decision stands at a row, and names its choice and the options passed over."""
    decisions = [(made, decision) for _, made in every_run for decision in made["decisions"]]
    assert decisions
    for made, decision in decisions:
        assert 0 <= decision["row"] < len(made["id"])
        assert all(0 <= row < len(made["id"]) for row in decision["evidence"] + decision["led_to"])
        assert decision["choice"]
        assert decision["choice"] not in [option["label"] for option in decision["others"]]
