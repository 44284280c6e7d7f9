"""The model's answer was cut at its length limit, and used as if it were whole."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import Finding, Role


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on calls that stopped for length; recovered when the same agent's next call went on."""
    last = {call.agent: call.order for call in case.calls}
    for call in case.calls:
        if call.span.finish_reason != "length":
            continue
        refs = [case.ref((call.span.span_id, "finish_reason"))]
        refs += [case.ref((call.span.span_id, path)) for path, _ in call.texts[:1]]
        yield detector.finding(
            call.span.span_id,
            "The model stopped at its output limit, so what it said is cut off.",
            refs,
            recovered=last[call.agent] > call.order,
        )


DETECTOR = Detector("output_truncated", "A model's output was cut off", Role.CAUSE, 7.0, find)
