"""All runs, the failed ones first in sight: what failed, why in one line, and a click to the explanation."""

from typing import Any

import polars as pl
import streamlit as st

from whyspan_analysis.fleet import COSTS, GRADES
from whyspan_analysis.report import wording
from whyspan_collector.filter import FilterError
from whyspan_ui import data, theme
from whyspan_ui.components import figures, filter_box, live
from whyspan_ui.components.markup import tag
from whyspan_ui.components.notices import empty_store

FILTERS = {"All": None, "Failed": "failed", "Ok": "ok", "Unknown": "unknown"}
_ROW_HEIGHT = 33
_TALL_ROW_HEIGHT = 57
"""Streamlit wraps text in rows of more than 4 rem; three lines, which is the longest verdict. Two pills fill one."""
_ONE_LINE = 85
"""Characters of a verdict that fit in its column."""
_PILLS = (84, 124)
"""Widths of a column with two pills, one above the other or side by side."""
_HEADER_HEIGHT = 33
_LARGEST = 690  # the rest of a window of 900 pixels


def page() -> None:
    """Search, filter, the key figures and the table, drawn anew when something has come."""
    live.follow(data.pulse, data.pulse())
    runs = table_of_runs()
    if runs.is_empty():
        empty_store(data.data_dir())
        return
    working = runs.filter(~pl.col("setup"))
    failed = working.filter(pl.col("status") == "failed").height
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = filter_box.box()
        status = st.segmented_control(
            "Status",
            list(FILTERS),
            default="Failed" if failed else "All",
            key="status",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
    key_figures(working, failed)
    try:
        shown = matching(runs, wanted, FILTERS[status])
    except FilterError as error:
        st.html(tag("p", str(error), class_="absent"))
        return
    if shown.is_empty():
        st.html(tag("p", f"None of {wording.count(runs.height, 'run')} matches.", class_="absent"))
    else:
        table(shown, tall=status == "Failed")
    if not wanted.strip() and working.height < runs.height:
        hidden = runs.height - working.height
        st.caption(f"{hidden:,} more are nothing but preparations; `setup:yes` lists them.")


def table_of_runs() -> pl.DataFrame:
    """One row per run with the columns of the table, newest first."""
    runs = pl.DataFrame(data.runs())
    starts_validly = pl.col("clock_valid") & pl.col("start_ns").is_between(*figures.VALID_NS)
    tokens = pl.col("input_tokens").fill_null(0) + pl.col("output_tokens").fill_null(0)
    known = pl.col("costs_recorded") + pl.col("costs_derived")
    return runs.select(
        "run_id",
        *COSTS,
        run=pl.col("run_id").str.head(8),
        status=pl.col("outcome").fill_null("not diagnosed yet"),
        agent=pl.coalesce("agent", "name"),
        verdict=pl.col("verdict").str.replace_all("`", "", literal=True),
        grade=pl.when(pl.col("outcome") == "failed").then(pl.col("grade").replace("none", "no cause")),
        spans="spans",
        setup="setup",
        seconds=pl.when("clock_valid").then((pl.col("end_ns").cast(pl.Float64) - pl.col("start_ns")) / 1e9),
        tokens=pl.when(pl.any_horizontal(pl.col("input_tokens", "output_tokens").is_not_null())).then(tokens),
        cost="cost",
        cost_of=pl.when(pl.col("cost").is_not_null() & (pl.col("costs_unknown") > 0)).then(
            pl.format("{} of {} calls", known, known + pl.col("costs_unknown"))
        ),
        started=pl.when(starts_validly)
        .then(pl.col("start_ns").cast(pl.Int64, strict=False))
        .cast(pl.Datetime("ns", "UTC")),
    )


def matching(runs: pl.DataFrame, text: str, status: str | None) -> pl.DataFrame:
    """The runs with this status that the filter holds for, without one all but preparations; no outcome counts as unknown.

    Raises:
        FilterError: the text is no filter.
    """
    if status == "unknown":
        runs = runs.filter(~pl.col("status").is_in(["ok", "failed"]))
    elif status:
        runs = runs.filter(pl.col("status") == status)
    if not text.strip():
        return runs.filter(~pl.col("setup"))
    found = data.matching(text)
    known = pl.DataFrame({"run_id": list(found), "found": list(found.values())}, {"run_id": str, "found": str})
    return runs.join(known, on="run_id", maintain_order="left")


def key_figures(runs: pl.DataFrame, failed: int) -> None:
    """Failures, tokens, cost and time over all runs; a figure nobody reported is left out."""
    judged = runs.filter(pl.col("status").is_in(["ok", "failed"])).height
    cards = [("Failed runs", f"{failed:,} of {runs.height:,}", "Runs whose outcome is failed, of all stored runs.")]
    if judged:
        cards.append(
            ("Failure rate", f"{100 * failed / judged:.1f} %", f"Of the {judged:,} runs whose outcome is known.")
        )
    if known := runs["tokens"].count():
        total = figures.compact(int(runs["tokens"].sum()))
        cards.append(("Tokens", total, f"Reported by {known:,} of {runs.height:,} runs."))
    if runs["cost"].count():
        reported, derived, unknown = (wording.count(int(runs[name].sum()), "model call") for name in COSTS)
        cards.append(
            (
                "Cost",
                wording.dollars(float(runs["cost"].sum())),
                f"{reported} with a reported cost, {derived} by list prices; {unknown} of unknown cost are left out.",
            )
        )
    slow = runs["seconds"].quantile(0.95, interpolation="higher")
    if slow is not None:
        cards.append(("p95 duration", wording.duration(slow * 1000), "19 of 20 runs took at most this long."))
    with st.grid(len(cards), min_column_width=140, gap="small"):
        for heading, value, meaning in cards:
            st.metric(heading, value, border=True, help=meaning)


def table(runs: pl.DataFrame, *, tall: bool) -> None:
    """The runs as a table; a click on a row opens the run. `tall` rows have room for every verdict, where one needs it."""
    longest = runs["verdict"].str.len_chars().max()
    tall = tall and isinstance(longest, int) and longest > _ONE_LINE
    row_height = _TALL_ROW_HEIGHT if tall else _ROW_HEIGHT
    columns = _columns(_PILLS[0] if tall else _PILLS[1])
    known = [
        name
        for name in columns
        if name in ("run", "status", "agent") or (name in runs.columns and runs[name].null_count() < runs.height)
    ]
    both = pl.concat_list("status", "grade").list.drop_nulls()
    shown = runs.with_columns(status=both).select(known)
    choice = st.dataframe(
        shown,
        key="runs",
        hide_index=True,
        column_config=columns,
        on_select="rerun",
        selection_mode="single-cell",
        row_height=row_height,
        height=min(row_height * runs.height + _HEADER_HEIGHT, _LARGEST),
        placeholder="",
        alt="Runs, newest first",
    )
    for row, _ in choice["selection"]["cells"]:
        st.session_state["results"] = runs["run_id"].to_list()
        st.switch_page("investigate.py", query_params={"run": runs["run_id"][row]})


def _columns(width_of_pills: int) -> dict[str, Any]:
    red, green, gray = (theme.PALETTE[name][0] for name in ("red", "green", "gray"))
    pills = {"failed": red, "ok": green} | dict.fromkeys((*GRADES, "no cause", "unknown", "not diagnosed yet"), gray)
    column = st.column_config
    return {
        "status": column.MultiselectColumn(
            "Status",
            options=list(pills),
            color=list(pills.values()),
            width=width_of_pills,
            pinned=True,  # or it grows with the table, and the pills no longer fill a tall row
            help="How the run ended, and of a failed one how well its cause is supported: suspect, likely, strong.",
        ),
        "agent": column.TextColumn("Agent", width=112),
        "verdict": column.TextColumn("Verdict", width=604 - width_of_pills),
        "found": column.TextColumn("Found", width=300, help="The words around the first hit of what was searched for."),
        "spans": column.NumberColumn("Spans", width=50),
        "seconds": column.NumberColumn("Duration", format="%.3f s", width=74),
        "tokens": column.NumberColumn("Tokens", format="compact", width=62),
        "cost": column.NumberColumn(
            "Cost", format="$%.4f", width=70, help="As reported, else tokens times the list price of the model."
        ),
        "cost_of": column.TextColumn("Cost of", width=80, help="The other calls have no known cost."),
        "started": column.DatetimeColumn("Started", format="D MMM HH:mm:ss", timezone="UTC", width=108),
        "run": column.TextColumn(
            "Run", width=76, help="The first characters of the run id; they are enough everywhere."
        ),
    }


page()
