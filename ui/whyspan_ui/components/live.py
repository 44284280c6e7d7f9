"""A page that keeps up: it asks now and then whether what it shows has changed, and is drawn anew only then."""

import time
from collections.abc import Callable, Hashable
from typing import Final

import streamlit as st

EVERY: Final = "2s"
WATCHED_NS: Final = 600 * 10**9
"""A run is watched until nothing has come for ten minutes: then it is over, and a page left open asks nothing."""
ARRIVING_NS: Final = 60 * 10**9


def follow(read: Callable[[], Hashable], shown: Hashable) -> None:
    """Draws the page anew as soon as what `read` returns, a cheap question, is no longer what was shown."""

    @st.fragment(run_every=EVERY)
    def watch() -> None:
        if read() != shown:
            st.rerun()

    watch()


def is_watched(last_arrived_ns: int) -> bool:
    """True while something of the run may still come."""
    return time.time_ns() - last_arrived_ns < WATCHED_NS


def is_arriving(last_arrived_ns: int, pending: int) -> bool:
    """True while the agent is at work: a span is open and something came within the last minute."""
    return pending > 0 and time.time_ns() - last_arrived_ns < ARRIVING_NS
