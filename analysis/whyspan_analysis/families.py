"""The families of failures: a handful of words that sort the detectors for people who look at many runs."""

from typing import Final

_FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "tools": ("blank_result", "incomplete_listing", "retry_storm", "scale_changed", "tool_error", "tool_error_ignored"),
    "arguments": (
        "dropped_filter",
        "invalid_arguments",
        "lost_constraint",
        "omitted_argument",
        "ungrounded_argument",
        "unknown_tool",
        "wrong_entity",
    ),
    "results": (
        "answer_contradicts",
        "answer_not_grounded",
        "empty_result_used",
        "miscounted",
        "misread_record",
        "waved_through",
        "wrong_in_check",
        "wrong_reckoning",
    ),
    "decisions": (
        "choice_against_reason",
        "other_record",
        "other_than_asked",
        "other_than_said",
        "other_tool",
        "reasoning_mismatch",
        "unlike_passing_runs",
        "untrusted_instruction",
        "unverified_irreversible",
        "wrong_order",
    ),
    "hand-offs": ("handoff_drops", "misrouted_handoff", "request_unanswered"),
    "model": ("model_call_failed", "other_model", "output_truncated"),
    "control": ("exact_loop", "killed", "limit_reached", "repeated_change"),
}
FAMILY_OF: Final = {detector: name for name, detectors in _FAMILIES.items() for detector in detectors}
"""Detector -> its family."""


def family(detector: str) -> str:
    """The family of a detector."""
    return FAMILY_OF.get(detector, "other")
