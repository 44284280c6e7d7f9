"""A request to the model failed and was not made good."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import ended, first_line
from whyspan_analysis.model import Finding, Role

_KINDS = (
    (
        "its input was longer than the model's context",
        re.compile(r"context.{0,10}length|maximum context|too many tokens", re.IGNORECASE),
    ),
    ("of a rate limit", re.compile(r"rate.?limit|\b429\b|quota|too many requests", re.IGNORECASE)),
    (
        "it was not allowed to",
        re.compile(r"\b40[13]\b|api.?key|unauthori[sz]ed|permission|authentication", re.IGNORECASE),
    ),
    ("it took too long", re.compile(r"time[ds]?.?out|\b504\b", re.IGNORECASE)),
    ("the provider was down", re.compile(r"\b50[0-3]\b|overloaded|unavailable|connection", re.IGNORECASE)),
)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on failed model calls; recovered when the same agent made another one that succeeded."""
    good = {call.agent: call.order for call in case.calls if call.error is None}
    for call in case.calls:
        if (error := call.error) is None:
            continue
        because = next((f" because {why}" for why, sign in _KINDS if sign.search(error)), "")
        field = next((f for f in ("error_message", "status_message", "error_type") if getattr(call.span, f)), "status")
        yield detector.finding(
            call.span.span_id,
            ended(f'The model call failed{because}: "{first_line(error)}"'),
            [case.ref((call.span.span_id, field))],
            recovered=good.get(call.agent, -1) > call.order,
        )


DETECTOR = Detector("model_call_failed", "A model call failed", Role.CAUSE, 8.0, find)
