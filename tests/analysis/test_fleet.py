"""Sums over many runs."""

from datetime import UTC, datetime, timedelta

import polars as pl

from whyspan_analysis.fleet import sums_by_period

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_sums_over_time_leave_out_what_is_unknown() -> None:
    """Runs without a time or a value are no part of a sum; the period fits the time between the first and the last."""
    runs = pl.DataFrame(
        {
            "started": [START, START + timedelta(minutes=20), START + timedelta(hours=30), None, START],
            "model": ["a", "a", None, "a", "b"],
            "cost": [0.5, 0.25, 1.0, 9.0, None],
        }
    )

    period, sums = sums_by_period(runs, "model", "cost")

    assert period == "hour"
    assert sums.rows() == [(START, "a", 0.75), (START + timedelta(hours=30), None, 1.0)]
    assert sums_by_period(runs.clear(), "model", "cost")[1].is_empty()
