"""Choosing a run by what it is about; nobody knows one by its id, and who does may type it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from whyspan_ui.components.columns import one_line

_LONGEST = 90
"""Characters of the verdict."""


def pick(label: str, rows: Sequence[Mapping[str, Any]], chosen: str | None, *, key: str | None = None) -> str | None:
    """A box with these runs, of which one is chosen; any other may be typed by the first characters of its id.

    Args:
        label: what the run is chosen for.
        rows: the runs, as the query `runs` has them.
        chosen: the one that stands there at first, by the first characters of its id; None for none.
        key: of the widget, outside of a form.
    """
    named = {row["run_id"]: _named(row) for row in rows}
    if chosen is not None:
        chosen = next((run_id for run_id in named if run_id.startswith(chosen)), chosen)
    options = list(named) if chosen is None or chosen in named else [chosen, *named]
    wanted: str | None = st.selectbox(
        label,
        options,
        index=None if chosen is None else options.index(chosen),
        format_func=lambda run_id: named.get(run_id, run_id),
        accept_new_options=True,
        placeholder="Choose a run, or type the first characters of its id",
        key=key,
    )
    return wanted.strip() if wanted else None


def _named(row: Mapping[str, Any]) -> str:
    """`support: Step 3 (support): search_docs was called 3 times … (8f3c21aa)`."""
    told = row["verdict"] or row["outcome_check"] or "not diagnosed yet"
    return f"{row['agent'] or row['name']}: {one_line(told.replace('`', ''), _LONGEST)} ({row['run_id'][:8]})"
