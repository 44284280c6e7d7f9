"""What failed, by cause: how often, since when, where, and the runs that show it."""

from typing import Any

import polars as pl
import streamlit as st

from whyspan_analysis import fleet
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components import badges, charts, filter_box
from whyspan_ui.components.markup import Markup, prose, tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.components.side_by_side import investigate_url

_EXAMPLES = 5
_NO_CAUSE = "No cause could be named"


def page() -> None:
    """The causes of the runs a filter holds for, most frequent first."""
    runs = filter_box.filtered_runs()
    if runs is None:
        return
    if runs.is_empty() and not data.newest(""):
        empty_store(data.data_dir())
        return
    failed = runs.filter(pl.col("outcome") == "failed").with_columns(
        cause=pl.col("detector").map_elements(title, return_dtype=pl.String, skip_nulls=False), count=1
    )
    if failed.is_empty():
        st.html(tag("p", f"None of {wording.count(runs.height, 'run')} has failed.", class_="absent"))
        return
    causes = fleet.failures_by_cause(runs)
    facts = [
        f"{failed.height:,} of {wording.count(runs.height, 'run')} failed",
        f"in {wording.count(causes.height, 'way')}",
    ]
    st.html(
        tag(
            "div",
            tag("h1", "Failures"),
            tag("span", " · ".join(facts), class_="muted"),
            class_="run-header",
        )
    )
    _charts(failed, causes)
    st.html(tag("div", *(_card(cause, failed, causes) for cause in causes.to_dicts()), class_="causes"))


def title(detector: str | None) -> str:
    """The failure mode in words."""
    known = BY_NAME.get(detector or "")
    return known.title if known else detector or _NO_CAUSE


def _charts(failed: pl.DataFrame, causes: pl.DataFrame) -> None:
    left, right = st.columns([55, 45], gap="small")
    period, sums = fleet.sums_by_period(failed, "cause", "count")
    if sums["start"].n_unique() > 1:
        left.plotly_chart(
            charts.stacked(sums, period, unit="failed runs", hover="%{y}"), config=charts.CONFIG, key="failures-time"
        )
    if causes.height > 1:
        paths = [
            ([title(row["detector"]), row["agent"] or "no agent named", row["tool"] or "no tool"], row["runs"])
            for row in causes.to_dicts()
        ]
        right.plotly_chart(charts.treemap(paths), config=charts.CONFIG, key="failures-map")


def _card(cause: dict[str, Any], failed: pl.DataFrame, causes: pl.DataFrame) -> Markup:
    share = cause["runs"] / causes["runs"].sum()
    place = " · ".join(name for name in (cause["agent"], cause["tool"]) if name)
    facts = [wording.count(cause["runs"], "failed run"), wording.percent(share)]
    if cause["last"] is not None:
        facts.append(f"last seen {cause['last']:%Y-%m-%d %H:%M} UTC")
        if cause["first"] != cause["last"]:
            facts.append(f"first seen {cause['first']:%Y-%m-%d %H:%M} UTC")
    wanted = cause["run_ids"][:_EXAMPLES]
    told = {row["run_id"]: row for row in failed.filter(pl.col("run_id").is_in(wanted)).to_dicts()}
    more = cause["runs"] - len(wanted)
    return tag(
        "div",
        tag(
            "div",
            tag("b", tag("bdi", title(cause["detector"]))),
            tag("span", tag("bdi", place), class_="muted") if place else None,
            *(badges.grade(grade) for grade in fleet.GRADES if cause[grade] and grade != "none"),
            tag("span", " · ".join(facts), class_="muted score"),
        ),
        *(_example(told[run_id]) for run_id in wanted),
        tag("div", f"and {wording.count(more, 'more run')}", class_="muted") if more else None,
        class_="hypothesis",
    )


def _example(run: dict[str, Any]) -> Markup:
    words = run["verdict"] or run["outcome_check"]
    address = investigate_url(run["run_id"], run["decisive_span_id"])
    return tag("div", tag("a", prose(words), href=address, target="_self"))


page()
