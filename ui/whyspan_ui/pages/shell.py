"""The frame around every page: title, icon, style and the navigation at the top."""

import streamlit as st

from whyspan_collector.errors import StoreError
from whyspan_ui import data, theme
from whyspan_ui.components.notices import unreadable_store
from whyspan_ui.components.person import signed_in

st.set_page_config(page_title="Whyspan", page_icon=theme.ASSETS / "favicon.png", layout="wide")
st.html(f"<style>{theme.style_sheet()}</style>")
page = st.navigation(
    [
        st.Page("runs.py", title="Runs", icon=":material/list:", default=True),
        st.Page("investigate.py", title="Investigate", icon=":material/troubleshoot:", url_path="investigate"),
        st.Page("compare.py", title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        st.Page("failures.py", title="Failures", icon=":material/error:", url_path="failures"),
        st.Page("cost.py", title="Cost", icon=":material/payments:", url_path="cost"),
        st.Page("rules.py", title="Rules", icon=":material/rule:", url_path="rules"),
        st.Page("reports.py", title="Reports", icon=":material/summarize:", url_path="reports"),
        st.Page("health.py", title="Health", icon=":material/monitor_heart:", url_path="health"),
    ],
    position="top",
)
if (who := signed_in()) is not None:
    st.html(who)
try:
    with data.opened():  # once for all questions of the page
        page.run()
except StoreError as error:
    unreadable_store(error)
