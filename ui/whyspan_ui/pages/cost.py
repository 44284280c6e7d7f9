"""What the runs cost in money, tokens and time, by model and by agent; what is unknown is counted, never shown as zero."""

from typing import Any

import polars as pl
import streamlit as st

from whyspan_analysis import fleet
from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components import charts, figures, filter_box
from whyspan_ui.components.markup import tag
from whyspan_ui.components.notices import empty_store

BY = {"By model": "model", "By agent": "agent"}
_DEAREST = 50


def page() -> None:
    """Totals, money and tokens over time, time by agent, how runs differ, and the dearest of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        runs = filter_box.filtered_runs()
        if runs is None:
            return
        chosen = st.segmented_control(
            "By",
            list(BY),
            default="By model",
            key="by",
            required=True,
            bind="query-params",
            label_visibility="collapsed",
        )
    if runs.is_empty():
        if data.newest(""):
            st.html(tag("p", "No run matches.", class_="absent"))
        else:
            empty_store(data.data_dir())
        return
    by = BY[chosen]
    _totals(runs)
    used = fleet.by_model(runs) if by == "model" else runs
    _over_time(used, by)
    _table(fleet.spending(used, by), by)
    _distributions(runs)
    _dearest(runs)


def _totals(runs: pl.DataFrame) -> None:
    failed = runs.filter(pl.col("outcome") == "failed")
    calls = [int(runs[name].sum()) for name in fleet.COSTS]
    cost = float(runs["cost"].sum()) if runs["cost"].count() else None
    cards = [
        ("Cost", _known(runs["cost"], wording.dollars), wording.cost(cost, *calls)),
        ("Cost of failed runs", _known(failed["cost"], wording.dollars), "Spent on runs that failed."),
        ("Tokens", _known(runs["tokens"], figures.compact), _reported_by(runs["tokens"])),
        ("Tokens of failed runs", _known(failed["tokens"], figures.compact), _reported_by(failed["tokens"])),
    ]
    with st.grid(len(cards), gap="small"):
        for heading, value, meaning in cards:
            st.metric(heading, value, border=True, help=meaning)


def _known(values: pl.Series, write: Any) -> str:
    return str(write(values.sum())) if values.count() else wording.UNKNOWN


def _reported_by(values: pl.Series) -> str:
    return f"Reported by {values.count():,} of {wording.count(len(values), 'run')}."


def _over_time(used: pl.DataFrame, by: str) -> None:
    places = st.grid(2, min_column_width=charts.NARROWEST, gap="small")
    for column, heading, unit, hover in (
        ("cost", "Cost over time", "US dollars", "$%{y:.4f}"),
        ("tokens", "Tokens over time", "tokens", "%{y:,}"),
    ):
        with places.cell():
            st.html(tag("h2", heading))
            period, sums = fleet.sums_by_period(used, by, column)
            if sums.is_empty():
                st.html(tag("p", f"No run reported its {column}, and none could be computed.", class_="absent"))
            else:
                figure = charts.stacked(sums, period, unit=unit, hover=hover)
                st.plotly_chart(figure, config=charts.CONFIG, key=f"{column}-time")


def _table(spent: pl.DataFrame, by: str) -> None:
    rows = [
        {
            by.capitalize(): row["name"] or "not named",
            "Runs": row["runs"],
            "Failed": row["failed"],
            "Tokens in": row["input_tokens"],
            "Tokens out": row["output_tokens"],
            "Cost": wording.cost(row["cost"], *(row[name] for name in fleet.COSTS)),
            "Cost of failed runs": wording.dollars(row["failed_cost"]) if row["failed"] else "none failed",
            "Median duration": wording.duration(row["median_ms"]),
            "p95 duration": wording.duration(row["p95_ms"]),
        }
        for row in spent.to_dicts()
    ]
    counts = {name: st.column_config.NumberColumn(format="localized") for name in ("Tokens in", "Tokens out")}
    st.dataframe(
        rows,
        column_config=counts,
        hide_index=True,
        height="content",
        placeholder="",
        alt=f"What the runs used, by {by}",
    )


def _distributions(runs: pl.DataFrame) -> None:
    places = st.grid(2, min_column_width=charts.NARROWEST, gap="small")
    timed = runs.filter(pl.col("duration_ms").is_not_null())
    with places.cell():
        st.html(tag("h2", "Duration of runs, by agent"))
        if timed.is_empty():
            st.html(tag("p", "No run has times that can be believed.", class_="absent"))
        else:
            seconds = timed.group_by("agent", maintain_order=True).agg(pl.col("duration_ms") / 1000)
            groups = dict(zip(seconds["agent"], seconds["duration_ms"].to_list(), strict=True))
            st.plotly_chart(charts.spread(groups, unit="seconds"), config=charts.CONFIG, key="durations")
    with places.cell():
        st.html(tag("h2", "Tokens per model call"))
        known = runs.filter(pl.col("tokens").is_not_null() & (pl.col("model_calls") > 0))
        if known.is_empty():
            st.html(tag("p", "No run reported its tokens.", class_="absent"))
        else:
            each = (known["tokens"] / known["model_calls"]).to_list()
            st.plotly_chart(
                charts.histogram(each, unit="tokens a model call, mean of the run"),
                config=charts.CONFIG,
                key="tokens-spread",
            )


def _dearest(runs: pl.DataFrame) -> None:
    dearest = fleet.dearest(runs).head(_DEAREST)
    if dearest.is_empty():
        return
    st.html(tag("h2", "Dearest runs"))
    rows = [
        {
            "Run": f"/investigate?run={row['run_id']}",
            "Agent": row["agent"] or row["name"],
            "Outcome": row["outcome"] or "not diagnosed yet",
            "Cost": wording.cost(row["cost"], *(row[name] for name in fleet.COSTS)),
            "Tokens": row["tokens"],
            "Model calls": row["model_calls"],
            "Duration": wording.duration(row["duration_ms"]),
        }
        for row in dearest.to_dicts()
    ]
    link = st.column_config.LinkColumn("Run", display_text=r"run=(.{8})", width=90)
    st.dataframe(
        rows,
        column_config={"Run": link},
        hide_index=True,
        height=min(35 * len(rows) + 40, 400),
        placeholder="",
        alt="Dearest runs",
    )


page()
