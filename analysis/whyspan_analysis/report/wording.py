"""Numbers and times as people read them. What is not known says so; it is never shown as zero."""

import re
from datetime import datetime

UNKNOWN = "unknown"


def duration(milliseconds: float | None) -> str:
    """`840 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`, `12 d 4 h`."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    days, of_day = divmod(hours, 24)
    if days > 1:
        return f"{days:,} d {of_day} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def dollars(amount: float | None) -> str:
    """`$0.0042`, `$1.25`, `$1,310`: cents, and below a cent two significant digits."""
    if amount is None:
        return UNKNOWN
    if 0 < amount < 0.01:
        return f"${amount:.2g}"
    return f"${amount:,.2f}" if amount < 1000 else f"${amount:,.0f}"


def cost(amount: float | None, recorded: int, derived: int, unknown: int) -> str:
    """A cost, of how many model calls, and how it is known: `$0.31 reported`, `$0.0042 by list prices for 3 of 5 calls`."""
    if amount is None:
        return UNKNOWN
    known = recorded + derived
    words = [dollars(amount)]
    if not (recorded and derived):
        words.append("by list prices" if derived else "reported")
    if unknown:
        words.append(f"for {known:,} of {count(known + unknown, 'call')}")
    if recorded and derived:
        words.append(f"({derived:,} by list prices)")
    return " ".join(words)


def number(value: int | None) -> str:
    """With thousands separators."""
    return UNKNOWN if value is None else f"{value:,}"


def percent(share: float) -> str:
    """A share of 1 as per cent; never rounded to 0 or 100 unless it is."""
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{share * 100:.0f} %"


def count(value: int, noun: str, plural: str | None = None) -> str:
    """`1 run`, `2 runs`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def when(moment: str | None) -> str:
    """An RFC 3339 time as `2026-11-22 17:05 UTC`."""
    return UNKNOWN if moment is None else f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"


def pieces(text: str) -> list[tuple[str, bool]]:
    """One of our sentences in pieces (text, is code): what stands between two backticks is a name or value from the trace."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(re.split(r"`([^`]+)`", text)) if piece]
