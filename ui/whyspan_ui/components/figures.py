"""Times and counts of the dashboard, beside those of `whyspan_analysis.report.wording`."""

from datetime import UTC, datetime

VALID_NS = (946_684_800 * 10**9, 4_102_444_800 * 10**9)
"""The years 2000 to 2100: a time outside them comes from a clock that was never set."""


def is_moment(ns: int) -> bool:
    """True for a time somebody's clock can have shown."""
    return VALID_NS[0] <= ns < VALID_NS[1]


def elapsed_ms(start_ns: int, end_ns: int) -> float | None:
    """Milliseconds between two times, or None where they cannot be times or run backwards."""
    if not (is_moment(start_ns) and is_moment(end_ns)) or end_ns < start_ns:
        return None
    return (end_ns - start_ns) / 1e6


def compact(n: int | None) -> str:
    """`812`, `42.6k`, `1.3M`; empty where nothing is known."""
    if n is None:
        return ""
    if n < 1000:
        return str(n)
    return f"{n / 1000:.1f}k" if n < 999_500 else f"{n / 1e6:.1f}M"


def moment(ns: int) -> str:
    """`22 Nov 2026 14:02:31 UTC`, or what is wrong with the clock."""
    if not is_moment(ns):
        return "no valid time"
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%d %b %Y %H:%M:%S UTC").lstrip("0")
