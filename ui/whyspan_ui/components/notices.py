"""What to say when there is nothing to show."""

import logging
from pathlib import Path

import streamlit as st

from whyspan_ui.components.markup import tag

_log = logging.getLogger(__name__)


def empty_store(folder: Path) -> None:
    """Says how to send data."""
    steps = (
        ("Run the samples:", "whyspan demo"),
        ("Or send your agent's OpenTelemetry traces:", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"),
        ("Or read recorded ones:", f"whyspan import traces/ --data {folder}"),
    )
    st.html(
        tag(
            "section",
            tag("h2", "No runs yet"),
            tag("p", "This dashboard shows the runs in ", tag("code", folder), ". There are none."),
            tag("ol", *(tag("li", words, " ", tag("code", command)) for words, command in steps)),
            class_="empty",
        )
    )


def unreadable_store(error: Exception) -> None:
    """Says why the store could not be read; the error's message says what to do."""
    st.html(tag("section", tag("h2", "The data cannot be read"), tag("p", error), class_="empty"))
    st.button("Try again", icon=":material/refresh:")


def failed_page(error: Exception) -> bool:
    """Says that a page failed, in place of Streamlit's own words. The traceback is in the log all the same."""
    _log.error("a page of the dashboard failed", exc_info=error)
    st.html(
        tag(
            "section",
            tag("h2", "This page failed"),
            tag("p", "It is a fault of Whyspan, not of your data: ", tag("code", f"{type(error).__name__}: {error}")),
            tag("p", "The log of the dashboard has the details; the other pages still work."),
            class_="empty",
        )
    )
    return True
