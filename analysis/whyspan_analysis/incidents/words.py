"""Incidents in words and in a line of characters, as terminal, dashboard and report say them."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from whyspan_analysis.incidents.model import Change, Measure, Point, Prevention

_BARS: Final = " ▁▂▃▄▅▆▇█"
_POINTS: Final = 24
"""Periods of a trend that are drawn, the latest."""


def sparkline(trend: Sequence[Point]) -> str:
    """The share of failed runs over time, a character for each period; a space where none failed."""
    shares = [point.failed / point.runs for point in trend[-_POINTS:]]
    highest = max(shares, default=0.0)
    return "".join(_BARS[ceil(share * 8 / highest) if highest else 0] for share in shares)


def prevention_words(prevention: Prevention) -> str:
    """What was done about an incident and what came of it, in a sentence."""
    done = [_measure_words(measure) for measure in prevention.measures]
    in_force = [words for words in done if words is not None]
    if prevention.state is None or not in_force:
        waiting = ", ".join(f"`{measure.name}` ({measure.status})" for measure in prevention.measures)
        return f"Nothing is in force against it yet; there is {waiting}."
    if not prevention.runs_since:
        return f"{' and '.join(in_force)}: these agents have not run since ({prevention.failures_before:,} failed of it before)."
    runs = f"{prevention.runs_since:,} {'run' if prevention.runs_since == 1 else 'runs'}"
    counts = f"{prevention.failures_since:,} failed of it in {runs} since ({prevention.failures_before:,} before)"
    stopped = f", and the guard stopped {prevention.stopped_since:,} more" if prevention.stopped_since else ""
    missed = f"; {prevention.broken_since:,} broke a rule unstopped" if prevention.broken_since else ""
    return f"{' and '.join(in_force)}: {counts}{stopped}{missed}."


def _measure_words(measure: Measure) -> str | None:
    """None where it is not in force."""
    by = f" by {measure.person}" if measure.person else ""
    if measure.kind == "fix":
        return f"Fixed in `{measure.name}`{by}" if measure.name else f"Fixed{by}"
    return f"Rule `{measure.name}` active{by}" if measure.status == "active" else None


def change_words(change: Change) -> str:
    """How often runs with a circumstance and runs without it failed."""
    with_it, without = change.failed_with + change.passed_with, change.failed_without + change.passed_without
    words = f"{change.failed_with} of {with_it} runs with it failed of this, {change.failed_without} of {without} without it"
    also = f"; so it is for {', '.join(change.also)}" if change.also else ""
    return f"{words} (q {change.q:.2g}){also}"
