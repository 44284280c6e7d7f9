"""Many runs at once: polars frames over runs and their diagnoses, without building an object per run.

Every function takes the frame `with_times` returns: one row per run, the columns of `runs` and of its diagnosis.
"""

from typing import Final

import polars as pl
import pyarrow as pa

OUTCOMES: Final = ("failed", "unknown", "ok")
"""In the order they are shown."""

GRADES: Final = ("strong", "likely", "suspect", "none")
"""Best supported first."""

PERIODS: Final = (
    ("minute", "1m", 2 * 3600),
    ("hour", "1h", 3 * 86400),
    ("day", "1d", 120 * 86400),
    ("week", "1w", 1000 * 86400),
)
"""(name, polars interval, seconds up to which it is used): at most some 120 bars. Beyond the last: months."""

COSTS: Final = ("costs_recorded", "costs_derived", "costs_unknown")
"""Columns: how many calls a cost is of, by how it is known, and how many it leaves out."""

_TOKENS: Final = pl.when(pl.any_horizontal(pl.col("input_tokens", "output_tokens").is_not_null())).then(
    pl.sum_horizontal("input_tokens", "output_tokens", ignore_nulls=True)
)


def with_times(runs: pa.Table) -> pl.DataFrame:
    """The runs with `started` (UTC) and `duration_ms`, both null where the clock of the run cannot be trusted."""
    start, end = pl.col("start_ns").cast(pl.Int64, strict=False), pl.col("end_ns").cast(pl.Int64, strict=False)
    return pl.DataFrame(runs).with_columns(
        started=pl.when("clock_valid").then(pl.from_epoch(start, time_unit="ns").dt.replace_time_zone("UTC")),
        duration_ms=pl.when("clock_valid").then((end - start) / 1e6),
        tokens=_TOKENS,
    )


def outcomes_by_period(runs: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """The length of a period in words, and the periods in order: `start`, and the number of runs per outcome.

    Periods in which no run started are left out.
    """
    timed = runs.filter(pl.col("started").is_not_null())
    name, interval = _period(timed)
    counts = [(pl.col("outcome") == outcome).sum().alias(outcome) for outcome in OUTCOMES]
    return name, timed.group_by(start=pl.col("started").dt.truncate(interval)).agg(counts).sort("start")


def sums_by_period(runs: pl.DataFrame, by: str, value: str) -> tuple[str, pl.DataFrame]:
    """The length of a period in words, and `start`, `name` and the sum of a column, where it is known, for each period and name."""
    timed = runs.filter(pl.col("started").is_not_null() & pl.col(value).is_not_null())
    name, interval = _period(timed)
    start = pl.col("started").dt.truncate(interval)
    return name, timed.group_by(start=start, name=by).agg(pl.col(value).sum()).sort("start", "name")


def _period(timed: pl.DataFrame) -> tuple[str, str]:
    first, last = timed["started"].min(), timed["started"].max()
    seconds = (last - first).total_seconds() if timed.height else 0.0  # type: ignore[operator,union-attr]
    return next(((name, interval) for name, interval, longest in PERIODS if seconds <= longest), ("month", "1mo"))


def spending(runs: pl.DataFrame, by: str) -> pl.DataFrame:
    """What the runs used, by a column (`agent`, `model`), most tokens first.

    A sum is null where no run reported a value: unknown is not zero.
    """
    failed = pl.col("outcome") == "failed"
    return (
        runs.group_by(name=by)
        .agg(
            pl.col("run_id").n_unique().alias("runs"),
            pl.col("run_id").filter(failed).n_unique().alias("failed"),
            _known_sum("input_tokens"),
            _known_sum("output_tokens"),
            _known_sum("tokens", failed).alias("failed_tokens"),
            _known_sum("cost"),
            _known_sum("cost", failed).alias("failed_cost"),
            pl.col(COSTS).sum(),
            pl.col("duration_ms").median().alias("median_ms"),
            pl.col("duration_ms").quantile(0.95).alias("p95_ms"),
            pl.col("tokens").sum().alias("order"),
        )
        .sort("order", "runs", "name", descending=[True, True, False], nulls_last=True)
        .drop("order")
    )


def by_model(runs: pl.DataFrame) -> pl.DataFrame:
    """What the runs used of each model: several rows per run, `model` null where it was not named."""
    used = (
        runs.select("run_id", "outcome", "started", "duration_ms", "usage")
        .explode("usage")
        .drop_nulls("usage")
        .unnest("usage")
    )
    known = (pl.col("cost_source") == "recorded", pl.col("cost_source") == "derived", pl.col("cost_source").is_null())
    calls = {name: pl.when(how).then("calls").otherwise(0) for name, how in zip(COSTS, known, strict=True)}
    return used.with_columns(tokens=_TOKENS, **calls)


def dearest(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs whose cost is known at least in part, dearest first, then those that reported tokens only, most first."""
    reported = runs.filter(pl.col("cost").is_not_null() | pl.col("tokens").is_not_null())
    return reported.sort("cost", "tokens", "run_id", descending=[True, True, False], nulls_last=True)


def _known_sum(column: str, condition: pl.Expr | None = None) -> pl.Expr:
    values = pl.col(column) if condition is None else pl.col(column).filter(condition)
    return pl.when(values.count() > 0).then(values.sum()).alias(column)
