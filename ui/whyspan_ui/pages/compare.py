"""A failed run beside one that passed: the first difference the outcome can depend on, and every step of both."""

import streamlit as st

from whyspan_analysis.compare import Comparison
from whyspan_analysis.compare.alignment import Pair
from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components import badges, figures, side_by_side
from whyspan_ui.components.markup import Markup, prose, tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.data import Investigation

_FOLDED = 60
"""Steps from which on equal ones are left out at first."""


def page() -> None:
    """The runs `a` and `b` of the address; without `b` the passing run that is most like `a`, without `a` the newest failed one."""
    wanted = st.query_params.get("a") or st.session_state.get("run") or next(iter(data.newest("status:failed")), None)
    if wanted is None:
        _nothing_to_compare()
        return
    here = data.investigation(wanted)
    if here is None:
        st.html(tag("p", "There is no run ", tag("code", wanted), ", or several begin like that.", class_="absent"))
        return
    other = _other(here)
    if other is None:
        st.html(tag("h1", "Compare"))
        words = "This agent has no other run that passed. Name one in the address: compare?a=RUN&b=RUN."
        st.html(tag("p", tag("code", here.run.run_id), ": ", words, class_="absent"))
        return
    there, because = other
    with st.spinner("Comparing"):
        found = data.comparison(here, there)
    _heads(here, there, because)
    st.html(side_by_side.first_difference(found))
    _premises(found)
    _steps(found)


def _nothing_to_compare() -> None:
    if data.newest(""):
        st.html(tag("p", "No run has failed. Name two runs in the address: compare?a=RUN&b=RUN.", class_="absent"))
    else:
        empty_store(data.data_dir())


def _other(here: Investigation) -> tuple[Investigation, str | None] | None:
    """The run of the address and nothing, or the most alike passing run and why it was taken."""
    named = st.query_params.get("b")
    if named:
        there = data.investigation(named)
        if there is None:
            st.html(tag("p", "There is no run ", tag("code", named), ", or several begin like that.", class_="absent"))
        return (there, None) if there is not None and there.run.run_id != here.run.run_id else None
    sibling = data.nearest_passing(here)
    there = data.investigation(sibling[0]) if sibling is not None else None
    return (there, sibling[1]) if sibling is not None and there is not None else None


def _heads(here: Investigation, there: Investigation, because: str | None) -> None:
    left, right, buttons = st.columns([45, 45, 10], gap="small", vertical_alignment="top")
    left.html(_head("this run", here, None))
    right.html(_head("the other run", there, because))
    if buttons.button("Swap", icon=":material/swap_horiz:", width="stretch"):
        st.query_params.update(a=there.run.run_id, b=here.run.run_id)
        st.rerun()


def _head(role: str, found: Investigation, because: str | None) -> Markup:
    row = found.row
    diagnosis = found.diagnosis
    return tag(
        "section",
        tag(
            "div",
            tag("span", role, class_="muted"),
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
            tag("section", tag("h2", "Told or made of otherwise"), side_by_side.fields(found, list(found.premises)))
        )


def _steps(found: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"{wording.count(found.aligned, 'step')} beside one of the other run, {wording.count(len(found.found), 'difference')}"
        st.html(tag("div", tag("h2", "Step by step"), tag("span", words, class_="muted"), class_="run-header"))
        only = st.toggle("Only differences", value=len(found.pairs) > _FOLDED, key="only", bind="query-params")
    pairs = [pair for pair in found.pairs if not only or _differs(found, pair)]
    st.html(side_by_side.table(found, pairs))


def _differs(found: Comparison, pair: Pair) -> bool:
    return any(each.here is pair[0] and each.there is pair[1] for each in found.found)


page()
