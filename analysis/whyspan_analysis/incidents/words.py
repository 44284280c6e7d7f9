"""Incidents in words and in a line of characters, as terminal, dashboard and report say them."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from whyspan_analysis.incidents.model import Change, Point

_BARS: Final = " ▁▂▃▄▅▆▇█"
_POINTS: Final = 24
"""Periods of a trend that are drawn, the latest."""


def sparkline(trend: Sequence[Point]) -> str:
    """The share of failed runs over time, a character for each period; a space where none failed."""
    shares = [point.failed / point.runs for point in trend[-_POINTS:]]
    highest = max(shares, default=0.0)
    return "".join(_BARS[ceil(share * 8 / highest) if highest else 0] for share in shares)


def change_words(change: Change) -> str:
    """How often runs with a circumstance and runs without it failed."""
    with_it, without = change.failed_with + change.passed_with, change.failed_without + change.passed_without
    words = f"{change.failed_with} of {with_it} runs with it failed of this, {change.failed_without} of {without} without it"
    also = f"; so it is for {', '.join(change.also)}" if change.also else ""
    return f"{words} (q {change.q:.2g}){also}"
