"""One run: how it ended, why, and every span of it."""

import streamlit as st

from whyspan_ui import data
from whyspan_ui.components import live
from whyspan_ui.components.claiming import claiming
from whyspan_ui.components.detail import detail
from whyspan_ui.components.explorer import explorer, first_selected, selected
from whyspan_ui.components.header import actions, header
from whyspan_ui.components.judging import judging
from whyspan_ui.components.markup import tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.components.tokens import tokens_per_decision
from whyspan_ui.components.verdict import banner
from whyspan_ui.data import Investigation
from whyspan_ui.explored import explored

_NEIGHBOURS = 500
"""Runs that are looked through for the ones beside this."""


def page() -> None:
    """Show the run of the address, else the one looked at last, else the first failed one."""
    wanted = st.query_params.get("run") or st.session_state.get("run") or most_telling()
    if wanted is None:
        empty_store(data.data_dir())
        return
    found = data.investigation(wanted)
    if found is None:
        st.html(tag("p", "There is no run ", tag("code", wanted), ", or several begin like that.", class_="absent"))
        st.page_link("runs.py", label="All runs", icon=":material/list:")
        return
    st.session_state["run"] = found.run.run_id
    if live.is_watched(found.row["last_arrived_ns"]):
        live.follow(lambda: data.state(found.run.run_id), found.revision)
    st.html(header(found.row, *actions(found.run.run_id, failed=found.row["outcome"] == "failed")))
    st.html(banner(found.run, found.diagnosis))
    explore(found, neighbours(found.run.run_id))
    tokens_per_decision(found.run, found.diagnosis)
    claiming(found)
    judging(found)
    explored(found)  # the browser asks for it next


def most_telling() -> str | None:
    """The newest failed run, else the newest run."""
    for filter_text in ("status:failed", ""):
        for run_id in data.newest(filter_text):
            return run_id
    return None


def neighbours(run_id: str) -> tuple[str | None, str | None]:
    """The runs before and after it in the list it was opened from, else among the newest failed ones."""
    listed = st.session_state.get("results", [])
    if run_id not in listed:
        listed = data.newest("status:failed", _NEIGHBOURS)
    if run_id not in listed:
        return None, None
    place = listed.index(run_id)
    return listed[place - 1] if place else None, listed[place + 1] if place + 1 < len(listed) else None


@st.fragment
def explore(found: Investigation, beside: tuple[str | None, str | None]) -> None:
    """Explorer and detail panel: a selection runs this part only."""
    run = found.run
    left, right = st.columns([63, 37], gap="small")
    with left:
        other = explorer(run.run_id, found.revision, initial=first_selected(found), neighbours=beside)
    if other is not None:
        st.switch_page("investigate.py", query_params={"run": other})
    with right, st.container(key="detail", border=True):
        span_id = selected(found)
        body = data.bodies(run.run_id, [span_id])[span_id]
        detail(run, found.diagnosis, body, lambda: data.case(found))


page()
