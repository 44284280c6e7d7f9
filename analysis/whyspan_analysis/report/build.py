"""Builds the report from the stored runs and their diagnoses. Frames do the counting; only the examples are read whole."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import polars as pl

from whyspan_analysis import fleet
from whyspan_analysis.incidents.build import build as build_incidents
from whyspan_analysis.incidents.build import read_period
from whyspan_analysis.incidents.model import Incident, moment
from whyspan_analysis.output.run import ChangeDocument
from whyspan_analysis.report.comparison import compare_runs
from whyspan_analysis.report.model import (
    Cause,
    Comparison,
    Example,
    Gap,
    Link,
    Period,
    ProposedRule,
    Report,
    RunLine,
    Sentence,
    Spending,
    Step,
    Totals,
)
from whyspan_analysis.report.proposed import proposals
from whyspan_analysis.report.summary import RUNS, summary
from whyspan_analysis.report.wording import when
from whyspan_collector.service import AnyStore

Url: TypeAlias = Callable[[str], str | None]
"""Run id -> its address in the dashboard, None where none is known."""

EXAMPLES: Final = 2
"""Runs told in full per cause: one may be an oddity, three are not read."""
MOST_CAUSES: Final = 20
"""Causes with examples; together with `EXAMPLES` it keeps the HTML page, of which Plotly is 2 MB, well under 5 MB."""
_LINES: Final = 8
_GAPS: Final = 12


def build(
    store: AnyStore,
    *,
    since_ns: int | None = None,
    filter_text: str = "",
    versions: tuple[str, str] | None = None,
    run_url: Url | None = None,
) -> Report:
    """The report over the stored runs.

    Args:
        store: where runs and diagnoses are; what is not diagnosed is counted as still arriving.
        since_ns: only runs that started then or later, nanoseconds since the epoch; None for all.
        filter_text: only runs this filter holds for (docs/filter.md); empty for all.
        versions: two versions to compare, the older first; None compares with the period before.
        run_url: the address of a run in the dashboard, where one is known.
    """
    runs = fleet.with_times(store.query("diagnoses", since_ns=since_ns, filter=filter_text))
    url: Url = run_url or (lambda _: None)
    totals = _totals(runs)
    in_period = read_period(store, since_ns, filter_text=filter_text)
    incidents = build_incidents(in_period, url).incidents
    period, periods = fleet.outcomes_by_period(runs)
    steps = store.query("extreme_steps", since_ns=since_ns, filter=filter_text, each=_LINES).to_pylist()
    report = Report(
        generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
        since=None if since_ns is None else _moment(datetime.fromtimestamp(since_ns / 1e9, UTC)),
        filter=filter_text or None,
        first_run_at=_moment(runs["started"].min()),
        last_run_at=_moment(runs["started"].max()),
        summary=[],
        summary_runs=[],
        comparison=compare(store, since_ns, filter_text, versions),
        judged_by_people=_judged(store, set(runs["run_id"])),
        totals=totals,
        causes=_causes(store, incidents, totals.failed, url, in_period.runs),
        period=period,
        periods=[Period(**{**row, "start": _moment(row["start"])}) for row in periods.to_dicts()],
        agents=[Spending(**row) for row in fleet.spending(runs, "agent").to_dicts()],
        models=[Spending(**row) for row in fleet.spending(fleet.by_model(runs), "model").to_dicts()],
        slowest=_lines(runs.filter(pl.col("duration_ms").is_not_null()).sort("duration_ms", descending=True), url),
        dearest=_lines(fleet.dearest(runs), url),
        slowest_steps=[_step(row, url) for row in steps if row["by"] == "duration"],
        dearest_steps=[_step(row, url) for row in steps if row["by"] == "cost"],
        gaps=_gaps(store, since_ns, filter_text),
        unjudged=[
            Gap(text=check, runs=count) for check, count in _checks(runs.filter(pl.col("outcome") == "unknown")).items()
        ],
    )
    lines = summary(report)
    links = [[Link(run_id=run_id, url=url(run_id)) for run_id in run_ids] for _, run_ids in lines]
    return report.model_copy(update={"summary": [line for line, _ in lines], "summary_runs": links})


def compare(
    store: AnyStore, since_ns: int | None, filter_text: str, versions: tuple[str, str] | None
) -> Comparison | None:
    """Two versions, or a period and the one before it; without a period the last week, or half of less than two.

    None where one of the sides has no run.
    """
    start = None if since_ns is None else max(0, 2 * since_ns - time.time_ns())
    period = read_period(store, None if versions else start, filter_text=filter_text)
    runs = period.runs
    if versions:
        sides = [runs.filter(pl.col("version") == version) for version in versions]
        names = f"version {versions[0]}", f"version {versions[1]}"
    else:
        times = runs["at_ns"].cast(pl.Int64)
        if not len(times):
            return None
        first, last = int(times.min()), int(times.max())  # type: ignore[arg-type]
        cut = since_ns if since_ns is not None else max(last - 7 * 86_400 * 10**9, (first + last) // 2)
        sides = [runs.filter(times < cut), runs.filter(times >= cut)]
        names = f"before {when(moment(cut))}", f"since {when(moment(cut))}"
    if not all(side.height for side in sides):
        return None
    incidents = {incident.id: incident for incident in build_incidents(period).incidents}
    return compare_runs(sides[0], sides[1], names, incidents, period)


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
        not_diagnosed_runs=_newest(runs.filter(pl.col("outcome").is_null())),
        incomplete_runs=_newest(runs.filter(~pl.col("complete"))),
        spans=int(runs["spans"].sum()),
        grades=_counts(failed["grade"], fleet.GRADES),
        checks=_checks(runs),
    )


def _newest(runs: pl.DataFrame) -> list[str]:
    return runs.sort("start_ns", "run_id", descending=True).head(RUNS)["run_id"].to_list()


def _causes(store: AnyStore, incidents: Sequence[Incident], failed: int, url: Url, runs: pl.DataFrame) -> list[Cause]:
    """The incidents as causes, with examples and what could be done about them as far as the most frequent go."""
    shown = incidents[:MOST_CAUSES]
    causes = [
        _cause(incident, failed, [_example(store, run.run_id, url) for run in incident.examples[:EXAMPLES]], rule)
        for incident, rule in zip(shown, proposals(store, shown, runs), strict=True)
    ]
    return causes + [_cause(incident, failed, [], None) for incident in incidents[MOST_CAUSES:]]


def _cause(incident: Incident, failed: int, examples: list[Example], rule: ProposedRule | None) -> Cause:
    return Cause(
        incident=incident,
        detector=incident.parts.detector,
        title=incident.cause,
        agent=incident.parts.agent,
        tool=incident.parts.tool,
        runs=incident.runs,
        share=incident.runs / failed,
        grades=incident.grades,
        first_seen=incident.first_seen,
        last_seen=incident.last_seen,
        examples=examples,
        proposed=rule,
    )


def _example(store: AnyStore, run_id: str, url: Url) -> Example:
    row = store.query("diagnosis", run_id=run_id).to_pylist()[0]
    run = fleet.with_times(store.query("run", run_id=run_id)).to_dicts()[0]
    document = json.loads(row["document"])
    return Example(
        run_id=run_id,
        agent=run["agent"],
        started_at=_moment(run["started"]),
        verdict=row["verdict"],
        grade=row["grade"],
        check=row["outcome_check"],
        chain=[Sentence.model_validate(told) for told in document["chain"]],
        changed_outside=[ChangeDocument.model_validate(each) for each in document.get("changed_outside", ())],
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


def _step(row: dict[str, Any], url: Url) -> Step:
    known = {name: row[name] for name in ("run_id", "span_id", "name", "agent", "model", "duration_ms", "cost")}
    return Step(**known, tokens=row["tokens"] or None, url=url(row["run_id"]))


def _judged(store: AnyStore, run_ids: set[str]) -> dict[str, int]:
    """The last words of people about the verdicts of these runs."""
    said = (row for row in store.query("annotations").to_pylist() if row["last"] and row["run_id"] in run_ids)
    return _counts(pl.Series([row["judgement"] for row in said], dtype=pl.String), ("right", "wrong"))


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
