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
    if prevention.state is None:
        waiting = ", ".join(f"`{measure.name or measure.kind}` ({measure.status})" for measure in prevention.measures)
        return f"Nothing is in force against it; there is {waiting}."
    done = " and ".join(_in_force(each) for each in prevention.measures if each.status in _IN_FORCE)
    done = done[0].upper() + done[1:]
    if not prevention.runs_since:
        return f"{done}: these agents have not run since ({prevention.failures_before:,} failed of it before)."
    runs = f"{prevention.runs_since:,} {'run' if prevention.runs_since == 1 else 'runs'}"
    counts = f"{prevention.failures_since:,} failed of it in {runs} since ({prevention.failures_before:,} before)"
    stopped = f", and the guard stopped {prevention.stopped_since:,} more" if prevention.stopped_since else ""
    missed = f"; {prevention.broken_since:,} broke a rule unstopped" if prevention.broken_since else ""
    return f"{done}: {counts}{stopped}{missed}."


_IN_FORCE: Final = ("active", "fixed", "written")


def _in_force(measure: Measure) -> str:
    by = f" by {measure.person}" if measure.person else ""
    if measure.kind == "fix":
        return f"fixed in `{measure.name}`{by}" if measure.name else f"fixed{by}"
    return f"{measure.kind} `{measure.name}` {measure.status}{by}"


def measure_words(measure: Measure) -> str:
    """One thing that was done about an incident, since when, by whom, and what came of it."""
    name = f" `{measure.name}`" if measure.name else ""
    what = f"{measure.kind}{name} {measure.status}"
    if measure.kind == "fix":
        what = f"{measure.status} in{name}" if name else measure.status
    by = f" by {measure.person}" if measure.person else ""
    since = f", {'since ' if measure.kind == 'rule' else ''}{measure.at[:10]}" if measure.at else ""
    done = f"{what}{by}{since}"
    if measure.failures_since is None or measure.runs_since is None:
        return done
    runs = f"{measure.runs_since:,} {'run' if measure.runs_since == 1 else 'runs'}"
    stopped = f", the guard stopped it in {measure.stopped_since:,}" if measure.stopped_since else ""
    state = f"{measure.state}, " if measure.state else ""
    return f"{done}: {state}{measure.failures_since:,} failed of it in {runs} since{stopped}"


def change_words(change: Change) -> str:
    """How often runs with a circumstance and runs without it failed."""
    with_it, without = change.failed_with + change.passed_with, change.failed_without + change.passed_without
    words = f"{change.failed_with} of {with_it} runs with it failed of this, {change.failed_without} of {without} without it"
    also = f"; so it is for {', '.join(change.also)}" if change.also else ""
    return f"{words} (q {change.q:.2g}){also}"
