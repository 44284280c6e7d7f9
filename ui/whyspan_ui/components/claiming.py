"""What the trace of a run lets us claim, and what to capture to claim more."""

import streamlit as st

from whyspan_analysis.captures import CAPTURES
from whyspan_analysis.claims import Claims, claims_of
from whyspan_analysis.report import wording
from whyspan_ui import data
from whyspan_ui.components.markup import Markup, tag
from whyspan_ui.data import Investigation


def claiming(found: Investigation) -> None:
    """An expander; the run is read whole when it is opened."""
    expander = st.expander("What this trace lets us claim", key=f"claims-{found.run.run_id}", on_change="rerun")
    if expander.open:
        with expander, st.spinner("Reading the whole run"):
            st.html(_claims(claims_of(data.case(found).run)))


def _claims(claims: Claims) -> Markup:
    able = sum(not lacks for lacks in claims.detectors.values())
    rows = [
        tag("tr", tag("td", CAPTURES[name].title), tag("td", f"in {counted.have:,} of {counted.of:,}"))
        for name, counted in claims.captured.items()
        if counted.have
    ]
    lacking = [
        tag("li", tag("b", CAPTURES[name].title), f": {_gain(waiting)}", CAPTURES[name].add)
        for name, waiting in claims.to_add
    ]
    return tag(
        "div",
        tag(
            "p",
            f"{able} of {len(claims.detectors)} detectors have what they need. The trace holds, of model calls, tool calls or runs:",
        ),
        tag("table", *rows, class_="facts") if rows else tag("p", "Nothing of what detectors read.", class_="absent"),
        tag("p", "It does not hold:") if lacking else None,
        tag("ul", *lacking) if lacking else None,
        class_="claims",
    )


def _gain(waiting: int) -> str:
    return f"{wording.count(waiting, 'detector')} cannot work without; " if waiting else ""
