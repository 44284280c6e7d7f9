"""The detectors: one module for each failure mode, and this tuple that lists them."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.detectors import (
    answer_contradicts,
    answer_not_grounded,
    empty_result_used,
    exact_loop,
    invalid_arguments,
    killed,
    limit_reached,
    model_call_failed,
    tool_error_final,
    tool_error_ignored,
    unknown_tool,
)
from whyspan_analysis.model import Finding, Role

DETECTORS: tuple[Detector, ...] = tuple(
    module.DETECTOR
    for module in (
        answer_contradicts,
        answer_not_grounded,
        empty_result_used,
        exact_loop,
        invalid_arguments,
        killed,
        limit_reached,
        model_call_failed,
        tool_error_final,
        tool_error_ignored,
        unknown_tool,
    )
)
BY_NAME = {detector.name: detector for detector in DETECTORS}


def detect(case: Case) -> list[Finding]:
    """All findings of a case, in causal order of the spans they blame. A detector that raises is a finding itself."""
    found = [finding for detector in DETECTORS for finding in _run(detector, case)]
    found.sort(key=lambda finding: (case.run.order[finding.span_id], finding.detector, finding.message))
    return found


def _run(detector: Detector, case: Case) -> Iterator[Finding]:
    try:
        yield from list(detector.find(detector, case))
    except Exception as error:  # noqa: BLE001 - one broken detector must not cost the diagnosis; it is shown instead
        message = f"The detector {detector.name} failed on this run ({type(error).__name__}: {error}); please report it."
        yield Finding(detector.name, Role.CONTEXT, case.run.spans[0].span_id, message, 0.0, ())
