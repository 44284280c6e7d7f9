"""What people say about a diagnosis: the form to say it, and what was said."""

import time
from collections import Counter
from typing import Any

import streamlit as st

from whyspan_analysis.fleet import GRADES
from whyspan_collector.annotations import LONGEST, Annotation
from whyspan_ui import data
from whyspan_ui.components import badges, figures
from whyspan_ui.components.columns import title
from whyspan_ui.components.explorer import selected
from whyspan_ui.components.markup import Markup, tag
from whyspan_ui.components.messages import block
from whyspan_ui.components.person import may_write, person
from whyspan_ui.data import Investigation

_JUDGEMENTS = {"Right": "right", "Wrong": "wrong", "No judgement": None}


def judging(found: Investigation) -> None:
    """An expander with what was said about the run, and the form where one may write."""
    expander = st.expander("Is the verdict right?", key=f"judging-{found.run.run_id}", on_change="rerun")
    if not expander.open:
        return
    with expander:
        said = data.annotations(found.run.run_id)
        if said:
            st.html(tag("div", *(_said(found, each) for each in said), class_="causes"))
        if may_write("judge"):
            _form(found)


def _form(found: Investigation) -> None:
    run = found.run
    with st.form(f"judge-{run.run_id}", clear_on_submit=True, border=False):
        judgement = st.radio("The verdict is", list(_JUDGEMENTS), horizontal=True)
        blamed = st.checkbox(
            "It was the step that is selected above", help="Where the verdict is wrong: which step was to blame."
        )
        name = person()
        note = st.text_area("Note", max_chars=LONGEST, height=80)
        if st.form_submit_button("Save"):
            blame = selected(found) if blamed else None
            chosen: Any = _JUDGEMENTS[judgement]
            annotation = Annotation(run.run_id, time.time_ns(), name, chosen, blame, note.strip() or None)
            data.annotate(annotation)
            st.rerun()


def _said(found: Investigation, each: dict[str, Any]) -> Markup:
    blamed = each["span_id"] if each["span_id"] in found.run.order else None
    return tag(
        "div",
        tag(
            "div",
            tag("b", tag("bdi", each["person"] or "somebody")),
            tag("span", each["judgement"] or "no judgement", class_=f"badge {_CLASSES.get(each['judgement'], 'none')}"),
            tag("span", f"of a verdict graded {each['grade']}", class_="muted") if each["grade"] else None,
            tag("span", "taken back or replaced since", class_="muted") if not each["last"] else None,
            tag("span", figures.moment(each["at_ns"]), class_="muted score"),
        ),
        tag(
            "div",
            "To blame: ",
            tag("button", tag("bdi", title(found.run, found.run.span(blamed))), class_="where", data_span=blamed),
        )
        if blamed
        else None,
        block(each["note"]) if each["note"] else None,
        class_="hypothesis",
    )


_CLASSES = {"right": "ok", "wrong": "failed"}


def judged(said: list[dict[str, Any]]) -> Markup:
    """How often people found the verdicts of each grade right; the last word of each person counts."""
    counts = Counter(
        (each["grade"] or "none", each["judgement"]) for each in said if each["last"] and each["judgement"]
    )
    rows = [
        tag(
            "tr",
            tag("td", badges.grade(grade)),
            tag("td", f"{counts[grade, 'right']:,} right"),
            tag("td", f"{counts[grade, 'wrong']:,} wrong"),
        )
        for grade in GRADES
        if counts[grade, "right"] + counts[grade, "wrong"]
    ]
    if not rows:
        return tag("p", "Nobody has judged a verdict yet: the page of a run asks at its end.", class_="absent")
    return tag("table", *rows, class_="facts judged")
