"""What is captured and what is not: the counters of the store and the coverage by instrumentation."""

from typing import Any

import streamlit as st

from whyspan_analysis.report import wording
from whyspan_collector.coverage import Coverage
from whyspan_ui import captured, data
from whyspan_ui.components.judging import judged
from whyspan_ui.components.markup import tag
from whyspan_ui.components.notices import empty_store

# Column of the query `coverage` -> (the column it is a share of, what it says).
_SHARES = {
    "model_calls_with_model": ("model_calls", "model named"),
    "model_calls_with_tokens": ("model_calls", "tokens"),
    "model_calls_with_finish_reason": ("model_calls", "stop reason"),
    "tool_calls_named": ("tool_calls", "tool named"),
    "tool_calls_with_id": ("tool_calls", "call id"),
    "agents_named": ("agents", "agent named"),
}


def page() -> None:
    """Totals, coverage by source, and the counters."""
    status = data.status()
    if not status["spans"]:
        empty_store(data.data_dir())
        return
    with st.grid(4, gap="small"):
        for name in ("runs", "spans", "logs", "diagnoses"):
            st.metric(name.capitalize(), f"{status[name]:,}", border=True)
    st.html(tag("h2", "What each source sends"))
    st.dataframe(
        [_source(row) for row in data.sources().to_pylist()],
        hide_index=True,
        height="content",
        placeholder="",
        alt="Of how many spans what is known, by service and instrumentation",
    )
    st.html(tag("h2", "What each instrumentation leaves out, in its newest spans"))
    st.dataframe(
        [_instrumentation(one) for one in data.instrumentations()],
        hide_index=True,
        height="content",
        placeholder="",
        alt="What is missing and what nobody knows, by instrumentation and version",
    )
    st.html(tag("h2", "What people say of the verdicts"))
    st.html(judged(data.annotations()))
    st.html(tag("h2", "The store"))
    rows = {"data folder": data.data_dir(), "database": status["path"], "size": _bytes(status["file_bytes"])}
    for counts in (status["counters"], status.get("ingest", {})):
        rows |= {name.replace("_", " "): f"{n:,}" if isinstance(n, int) else n for name, n in counts.items()}
    st.html(
        tag("table", *(tag("tr", tag("th", name), tag("td", value)) for name, value in rows.items()), class_="facts")
    )


def _source(row: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "Service": row["service"] or "not sent",
        "Instrumentation": row["scope"] or "not sent",
        "Vocabulary": row["vocabulary"] or "not recognised",
        "Spans": row["spans"],
        "Model calls": row["model_calls"],
        "Tool calls": row["tool_calls"],
        "Decisions recorded": row["decisions"],
    }
    lacking = [
        f"{words} on {wording.count(row[whole] - row[part], 'span')}"
        for part, (whole, words) in _SHARES.items()
        if row[part] < row[whole]
    ]
    return shown | {"Not captured": ", ".join(lacking) or "nothing"}


def _instrumentation(one: Coverage) -> dict[str, Any]:
    return {
        "Instrumentation": one.scope or "not sent",
        "Version": one.scope_version or "not sent",
        "Vocabulary": one.vocabulary or "not recognised",
        "Spans": sum(one.spans.values()),
        "Left out": "; ".join(captured.gaps(one)) or "nothing",
        "Attributes nobody knows": captured.unknown(one) or "none",
        "Lost before it was sent": captured.lost(one) or "none reported",
    }


def _bytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"


page()
