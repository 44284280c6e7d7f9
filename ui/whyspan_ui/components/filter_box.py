"""The box with a filter over the runs a page is about; the address carries it as `q` from page to page."""

import polars as pl
import streamlit as st

from whyspan_analysis import fleet
from whyspan_collector.filter import FilterError
from whyspan_ui import data
from whyspan_ui.components.markup import tag

PLACEHOLDER = "Words, or agent:support* tool:refund duration>5s"
HELP = "Words that a run says, or tests of it: docs/filter.md lists them."


def box() -> str:
    """Shows the box and returns what stands in it."""
    return (
        st.text_input(
            "Search",
            placeholder=PLACEHOLDER,
            help=HELP,
            type="search",
            live=True,
            key="q",
            bind="query-params",
            label_visibility="collapsed",
            width=360,
        )
        or ""
    )


def filtered_runs() -> pl.DataFrame | None:
    """The box, and the runs its filter holds for, as `fleet` takes them; None, with the reason, where it is no filter."""
    try:
        return fleet.with_times(data.fleet(box()))
    except FilterError as error:
        st.html(tag("p", str(error), class_="absent"))
        return None
