"""Builds the report from the stored runs and their diagnoses. Frames do the counting; only the examples are read whole."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import polars as pl

from whyspan_analysis import fleet
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.report.model import (
    Cause,
    Example,
    Gap,
    Period,
    Report,
    RunLine,
    Sentence,
    Spending,
    Totals,
)
from whyspan_analysis.report.summary import summary
from whyspan_collector.service import AnyStore

Url: TypeAlias = Callable[[str], str | None]
"""Run id -> its address in the dashboard, None where none is known."""

EXAMPLES: Final = 2
"""Runs told in full per cause: one may be an oddity, three are not read."""
MOST_CAUSES: Final = 20
"""Causes with examples; together with `EXAMPLES` it keeps the HTML page, of which Plotly's script is 4.8 MB, under 5 MB."""
_LINES: Final = 8
_GAPS: Final = 12


def build(store: AnyStore, *, since_ns: int | None = None, filter_text: str = "", run_url: Url | None = None) -> Report:
    """The report over the stored runs.

    Args:
        store: where runs and diagnoses are; what is not diagnosed is counted as still arriving.
        since_ns: only runs that started then or later, nanoseconds since the epoch; None for all.
        filter_text: only runs this filter holds for (docs/filter.md); empty for all.
        run_url: the address of a run in the dashboard, where one is known.
    """
    runs = fleet.with_times(store.query("diagnoses", since_ns=since_ns, filter=filter_text))
    url: Url = run_url or (lambda _: None)
    totals = _totals(runs)
    causes = [
        _cause(store, cause, totals.failed, url, rank)
        for rank, cause in enumerate(fleet.failures_by_cause(runs).to_dicts())
    ]
    period, periods = fleet.outcomes_by_period(runs)
    report = Report(
        generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
        since=None if since_ns is None else _moment(datetime.fromtimestamp(since_ns / 1e9, UTC)),
        filter=filter_text or None,
        first_run_at=_moment(runs["started"].min()),
        last_run_at=_moment(runs["started"].max()),
        summary=[],
        totals=totals,
        causes=causes,
        period=period,
        periods=[Period(**{**row, "start": _moment(row["start"])}) for row in periods.to_dicts()],
        agents=[Spending(**row) for row in fleet.spending(runs, "agent").to_dicts()],
        models=[Spending(**row) for row in fleet.spending(fleet.by_model(runs), "model").to_dicts()],
        slowest=_lines(runs.filter(pl.col("duration_ms").is_not_null()).sort("duration_ms", descending=True), url),
        dearest=_lines(fleet.dearest(runs), url),
        gaps=_gaps(store, since_ns, filter_text),
        unjudged=[
            Gap(text=check, runs=count) for check, count in _checks(runs.filter(pl.col("outcome") == "unknown")).items()
        ],
    )
    return report.model_copy(update={"summary": summary(report)})


def _totals(runs: pl.DataFrame) -> Totals:
    outcomes = Counter(runs["outcome"].to_list())
    failed = runs.filter(pl.col("outcome") == "failed")
    return Totals(
        runs=runs.height,
        failed=outcomes["failed"],
        ok=outcomes["ok"],
        unknown=outcomes["unknown"],
        not_diagnosed=outcomes[None],
        incomplete=runs.filter(~pl.col("complete")).height,
        spans=int(runs["spans"].sum()),
        grades=_counts(failed["grade"], fleet.GRADES),
        checks=_checks(runs),
    )


def _cause(store: AnyStore, cause: dict[str, Any], failed: int, url: Url, rank: int) -> Cause:
    detector = BY_NAME.get(cause["detector"])
    examples = cause["run_ids"][:EXAMPLES] if rank < MOST_CAUSES else []
    return Cause(
        detector=cause["detector"],
        title=detector.title if detector else "No cause could be named",
        agent=cause["agent"],
        tool=cause["tool"],
        runs=cause["runs"],
        share=cause["runs"] / failed,
        grades={grade: cause[grade] for grade in fleet.GRADES if cause[grade]},
        first_seen=_moment(cause["first"]),
        last_seen=_moment(cause["last"]),
        examples=[_example(store, run_id, url) for run_id in examples],
    )


def _example(store: AnyStore, run_id: str, url: Url) -> Example:
    row = store.query("diagnosis", run_id=run_id).to_pylist()[0]
    run = fleet.with_times(store.query("run", run_id=run_id)).to_dicts()[0]
    return Example(
        run_id=run_id,
        agent=run["agent"],
        started_at=_moment(run["started"]),
        verdict=row["verdict"],
        grade=row["grade"],
        check=row["outcome_check"],
        chain=[Sentence.model_validate(told) for told in json.loads(row["document"])["chain"]],
        url=url(run_id),
    )


def _lines(runs: pl.DataFrame, url: Url) -> list[RunLine]:
    return [
        RunLine(
            run_id=run["run_id"],
            agent=run["agent"],
            started_at=_moment(run["started"]),
            outcome=run["outcome"] or "arriving",
            verdict=run["verdict"],
            duration_ms=run["duration_ms"],
            tokens=run["tokens"],
            cost=run["cost"],
            **{name: run[name] for name in fleet.COSTS},
            url=url(run["run_id"]),
        )
        for run in runs.head(_LINES).to_dicts()
    ]


def _gaps(store: AnyStore, since_ns: int | None, filter_text: str) -> list[Gap]:
    rows = store.query("not_captured", since_ns=since_ns, filter=filter_text).to_pylist()[:_GAPS]
    return [
        Gap(text=row["text"] if row["texts"] == 1 else f"for example: {row['text']}", runs=row["runs"]) for row in rows
    ]


def _checks(runs: pl.DataFrame) -> dict[str, int]:
    """The check that decided the outcome -> runs; sentences that differ in numbers only count as one."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for check, of_runs in (
        runs.filter(pl.col("outcome_check").is_not_null())
        .group_by("outcome_check")
        .len()
        .sort("outcome_check")
        .iter_rows()
    ):
        template = re.sub(r"\d+", "0", check)
        counts[shown.setdefault(template, check)] += of_runs
    most = dict(counts.most_common(_LINES))
    others = counts.total() - sum(most.values())
    return most | ({f"{len(counts) - len(most)} other checks": others} if others else {})


def _counts(values: pl.Series, order: Iterable[str]) -> dict[str, int]:
    counts = Counter(values.to_list())
    return {value: counts[value] for value in order if counts[value]}


def _moment(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
