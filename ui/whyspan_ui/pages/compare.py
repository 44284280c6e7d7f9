"""A failed run beside one that passed: the first difference the outcome can depend on, and every step of both."""

import streamlit as st

from whyspan_analysis.compare import Comparison
from whyspan_analysis.compare.alignment import Pair
from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components import badges, figures, side_by_side
from whyspan_ui.components.markup import Markup, prose, tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.components.picking import pick
from whyspan_ui.data import Investigation

_FOLDED = 60
"""Steps from which on equal ones are left out at first."""
_OFFERED = 50
"""Runs to choose from on either side, the newest."""


def page() -> None:
    """The runs `a` and `b` of the address; without `b` the passing run most like `a`, without `a` the newest pair of one task."""
    wanted = st.query_params.get("a") or st.session_state.get("run") or data.pair_of_one_task()
    here = data.investigation(wanted) if wanted else None
    if here is None and not data.newest(""):
        empty_store(data.data_dir())
        return
    with st.spinner("Looking for the passing run that is most alike"):
        other = _other(here) if here is not None else None
    _choosing(here, other[0] if other is not None else None)
    if wanted is None:
        words = "No failed run is stored with a passing one of the same task. Choose two runs, of whatever task."
        st.html(tag("p", words, class_="absent"))
    elif here is None:
        st.html(_unknown(wanted))
    elif other is None:
        named = st.query_params.get("b")
        st.html(_unknown(named) if named and data.investigation(named) is None else _alone(here))
    else:
        _compared(here, *other)


def _compared(here: Investigation, there: Investigation, because: str | None) -> None:
    with st.spinner("Comparing"):
        found = data.comparison(here, there)
    left, right = st.columns(2, gap="small")
    left.html(_head(here, None))
    right.html(_head(there, because))
    st.html(side_by_side.first_difference(found))
    _premises(found)
    _steps(found)


def _other(here: Investigation) -> tuple[Investigation, str | None] | None:
    """The run of the address and nothing, or the most alike passing run and why it was taken."""
    named = st.query_params.get("b")
    if named:
        there = data.investigation(named)
        return (there, None) if there is not None and there.run.run_id != here.run.run_id else None
    sibling = data.nearest_passing(here)
    there = data.investigation(sibling[0]) if sibling is not None else None
    return (there, sibling[1]) if sibling is not None and there is not None else None


def _unknown(named: str) -> Markup:
    return tag("p", "There is no run ", tag("code", named), ", or several begin like that.", class_="absent")


def _alone(here: Investigation) -> Markup:
    words = ": this agent has no other run that passed. Choose the run to hold beside it."
    return tag("p", tag("code", here.run.run_id[:8]), words, class_="absent")


def _choosing(here: Investigation | None, there: Investigation | None) -> None:
    """Both runs to choose, those of the agent first among the passing ones, and a button to swap them."""
    ids = [found.run.run_id if found is not None else None for found in (here, there)]
    agent = here.row["agent"] if here is not None else None
    passing = sorted(data.rows("status:ok", _OFFERED), key=lambda row: row["agent"] != agent)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        one = pick("This run", data.rows("status:failed", _OFFERED), ids[0], key=f"this-{ids[0]}")
        other = pick("The other run", passing, ids[1], key=f"other-{ids[1]}")
        swapped = st.button("Swap", icon=":material/swap_horiz:", disabled=not all(ids))
    if one and one != ids[0]:
        _go(one, None)
    if one and other and other != ids[1]:
        _go(one, other)
    if swapped:
        _go(*reversed(ids))


def _go(here: str | None, there: str | None) -> None:
    st.query_params.from_dict({name: run_id for name, run_id in (("a", here), ("b", there)) if run_id})
    st.rerun()


def _head(found: Investigation, because: str | None) -> Markup:
    row = found.row
    diagnosis = found.diagnosis
    return tag(
        "section",
        tag(
            "div",
            tag("b", tag("bdi", row["agent"] or row["name"])),
            tag("a", tag("code", row["run_id"][:8]), href=side_by_side.investigate_url(row["run_id"]), target="_self"),
            badges.outcome(diagnosis.outcome.status.value),
            tag("span", figures.moment(row["start_ns"]), class_="muted"),
            tag("span", wording.count(row["spans"], "span"), class_="muted"),
            class_="run-header",
        ),
        tag("div", prose(diagnosis.verdict or diagnosis.outcome.check)),
        tag("div", "Taken: ", because, class_="muted") if because else None,
        class_=f"verdict {diagnosis.outcome.status.value}",
    )


def _premises(found: Comparison) -> None:
    if not found.same_task:
        words = "The tasks differ, or were not captured: values are not compared, only where they came from."
        st.html(tag("p", words, class_="absent"))
    if found.premises:
        st.html(
            tag("section", tag("h2", "What they were given differs"), side_by_side.fields(found, list(found.premises)))
        )


def _steps(found: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"{wording.count(found.aligned, 'step')} in both runs, {wording.count(len(found.found), 'difference')}"
        st.html(tag("div", tag("h2", "Step by step"), tag("span", words, class_="muted"), class_="run-header"))
        only = st.toggle("Only differences", value=len(found.pairs) > _FOLDED, key="only", bind="query-params")
    pairs = [pair for pair in found.pairs if not only or _differs(found, pair)]
    st.html(side_by_side.table(found, pairs))


def _differs(found: Comparison, pair: Pair) -> bool:
    return any(each.here is pair[0] and each.there is pair[1] for each in found.found)


page()
