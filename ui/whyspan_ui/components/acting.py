"""What a person does about an incident, from the page that lists them."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from whyspan_analysis.incidents.acts import Act, event, parts_of
from whyspan_analysis.incidents.model import Incident
from whyspan_collector.errors import QueryError
from whyspan_collector.incident_events import LONGEST
from whyspan_ui import data
from whyspan_ui.components.person import may_write, person

_ACTS: Final[Mapping[str, Act]] = {
    "Acknowledge": "ack",
    "Fixed": "fix",
    "Ignore": "ignore",
    "Reopen": "reopen",
    "Owner": "assign",
    "Note": "note",
    "Merge into": "merge",
    "Keep apart from": "split",
}
_NAME: Final = 200
"""Characters of a name or a version."""


def acting(incidents: Sequence[Incident]) -> None:
    """An expander with what can be done about one of these incidents; for those who may write."""
    expander = st.expander("Acknowledge, fix, assign, note, merge", key="acting", on_change="rerun")
    if not expander.open:
        return
    with expander:
        if not may_write("change anything"):
            return
        by_id = {incident.id: incident for incident in incidents}
        chosen = st.selectbox("Incident", list(by_id), format_func=lambda each: _named(each, by_id))
        wanted = st.radio("What to do", list(_ACTS), horizontal=True)
        _form(by_id[chosen], _ACTS[wanted], by_id)


def _form(incident: Incident, act: Act, by_id: Mapping[str, Incident]) -> None:
    """What this act takes, and who does it."""
    with st.form("act", clear_on_submit=True, border=False):
        text = version = other = None
        if act == "fix":
            version = st.text_input("Version that holds the fix", max_chars=_NAME, placeholder="may stay empty")
        elif act == "assign":
            text = st.text_input("Who looks after it", max_chars=_NAME, placeholder="empty: nobody any more")
        elif act == "note":
            text = st.text_area("Words", max_chars=LONGEST, height=80)
        elif act in ("merge", "split"):
            others = [each for each in by_id if each != incident.id]
            own = parts_of(incident) if act == "split" else []
            other = st.selectbox("The other one", [*own, *others], format_func=lambda each: _named(each, by_id))
        name = person()
        if st.form_submit_button("Save"):
            said = [(words or "").strip() or None for words in (text, version)]
            try:
                done = event(act, incident.id, text=said[0], version=said[1], other=other, person=name)
            except QueryError as error:
                st.error(str(error))
                return
            data.record_incident_event(done)
            st.rerun()


def _named(signature: str, by_id: Mapping[str, Incident]) -> str:
    title = by_id[signature].title.replace("`", "") if signature in by_id else "merged into this one"
    return f"{signature}  {title}"
