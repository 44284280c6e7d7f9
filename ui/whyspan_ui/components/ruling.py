"""Rules made from a failed run, and put in force by a person in their own name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from whyspan.rules.rule import RuleStatus
from whyspan_analysis.report import wording
from whyspan_analysis.rules.propose import Rejected
from whyspan_analysis.rules.proposing import NotFailed
from whyspan_ui import data
from whyspan_ui.components.markup import tag
from whyspan_ui.components.person import person
from whyspan_ui.components.picking import pick

_STATES: Final = {
    "Active: stopped in the agent": RuleStatus.ACTIVE,
    "Shadow: only reported": RuleStatus.SHADOW,
}
_OFFERED: Final = 50
"""Failed runs to choose from, the newest."""


def proposing(run: str | None) -> None:
    """Makes rules against a failed run, of which this one is chosen at first, and says what was tried in vain."""
    with st.form("propose", border=False):
        left, right = st.columns([70, 30], gap="small")
        with left:
            wanted = pick("Failed run", data.rows("status:failed", _OFFERED), run)
        with right:
            name = person()
        asked = st.form_submit_button("Propose rules")
    if not asked:
        return
    if wanted is None:
        st.error("Say which run: a rule is made from one that failed.")
        return
    found = data.investigation(wanted)
    if found is None:
        st.html(tag("p", "There is no run ", tag("code", wanted), ", or several begin like that.", class_="absent"))
        return
    try:
        with st.spinner("Trying rules on the stored runs"):
            proposals, rejected = data.propose_rules(found.run.run_id, name)
    except NotFailed as error:
        st.html(tag("p", str(error), class_="absent"))
        return
    kept = "a candidate, with what it" if len(proposals) == 1 else "candidates, with what they"
    words = f"{wording.count(len(proposals), 'rule')} would have stopped it in time: kept as {kept} did on stored runs."
    st.html(tag("p", words if proposals else "No rule would have stopped it in time and spared the good runs."))
    _in_vain(rejected)


def _in_vain(rejected: Sequence[Rejected]) -> None:
    if rejected:
        items = [tag("li", tag("code", each.rule.id), ": ", each.why) for each in rejected]
        st.html(tag("details", tag("summary", f"Tried in vain: {len(items)}"), tag("ul", *items)))


def activating(rules: Sequence[Mapping[str, Any]]) -> None:
    """Puts one of the rules in force; the name of who does it must be said."""
    with st.form("activate", border=False):
        rule = st.selectbox("Rule", [each["id"] for each in rules])
        state = st.radio("What it does from now on", list(_STATES), horizontal=True)
        name = person("must be said")
        note = st.text_input("Why", max_chars=1000, placeholder="may stay empty")
        if st.form_submit_button("Put it in force"):
            if name is None:
                st.error("Say who does it: a rule is put in force in the name of a person.")
                return
            data.put_in_force(rule, _STATES[state], name, note.strip() or None)
            st.rerun()
