"""The detectors: one module for each failure mode, and this tuple that lists them."""

from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.detectors import (
    answer_contradicts,
    answer_not_grounded,
    blank_result,
    choice_against_reason,
    dropped_filter,
    empty_result_used,
    exact_loop,
    handoff_drops,
    incomplete_listing,
    invalid_arguments,
    killed,
    limit_reached,
    lost_constraint,
    miscounted,
    misread_record,
    misrouted_handoff,
    model_call_failed,
    omitted_argument,
    other_model,
    other_record,
    other_than_asked,
    other_than_said,
    other_tool,
    output_truncated,
    reasoning_mismatch,
    repeated_change,
    request_unanswered,
    retry_storm,
    scale_changed,
    tool_error,
    tool_error_ignored,
    ungrounded_argument,
    unknown_tool,
    unlike_passing_runs,
    untrusted_instruction,
    unverified_irreversible,
    waved_through,
    wrong_entity,
    wrong_in_check,
    wrong_order,
    wrong_reckoning,
)
from whyspan_analysis.model import Finding, Role

DETECTORS: tuple[Detector, ...] = tuple(
    module.DETECTOR
    for module in (
        answer_contradicts,
        answer_not_grounded,
        blank_result,
        choice_against_reason,
        dropped_filter,
        empty_result_used,
        exact_loop,
        handoff_drops,
        incomplete_listing,
        invalid_arguments,
        killed,
        limit_reached,
        lost_constraint,
        miscounted,
        misread_record,
        misrouted_handoff,
        model_call_failed,
        omitted_argument,
        other_model,
        other_record,
        other_than_asked,
        other_than_said,
        other_tool,
        output_truncated,
        reasoning_mismatch,
        repeated_change,
        request_unanswered,
        retry_storm,
        scale_changed,
        tool_error,
        tool_error_ignored,
        ungrounded_argument,
        unknown_tool,
        unlike_passing_runs,
        untrusted_instruction,
        unverified_irreversible,
        waved_through,
        wrong_entity,
        wrong_in_check,
        wrong_order,
        wrong_reckoning,
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
        message = (
            f"The detector {detector.name} failed on this run ({type(error).__name__}: {error}); please report it."
        )
        yield Finding(detector.name, Role.CONTEXT, case.run.spans[0].span_id, message, 0.0, ())
