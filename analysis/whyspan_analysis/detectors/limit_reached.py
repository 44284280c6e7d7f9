"""The run was stopped by a bound: turns, recursion, tokens, time or money."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import ended, first_line
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.outcome import LIMIT, error_ref, error_text


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on spans whose error names a limit. It says how the run ended; what used the limit up is the cause.

    The limits of a model are left to the model call that failed on them.
    """
    of_models = {error_text(call.span) for call in case.calls if call.error is not None}
    for span in case.run.spans:
        if span.status == "error" and LIMIT.search(error_text(span)) and error_text(span) not in of_models:
            yield detector.finding(
                span.span_id,
                ended(f'A limit stopped the run: "{first_line(error_text(span))}"'),
                [error_ref(case.run, span)],
                recovered=case.answer is not None,
            )


DETECTOR = Detector("limit_reached", "A limit was reached", Role.SYMPTOM, 1.0, find)
