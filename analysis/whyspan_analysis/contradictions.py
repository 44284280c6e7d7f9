"""A run that does not say how it ended and contradicts itself: findings that leave no doubt that it failed.

Each of these fired on none of the passing runs of the worlds they were set on at this strength; see docs/benchmarks.md.
"""

from collections.abc import Iterable
from typing import Final

from whyspan_analysis.model import Finding, Outcome, Role, Status

SOUND: Final = {
    "choice_against_reason": 1.0,
    "miscounted": 1.0,
    "misread_record": 1.0,
    "other_than_asked": 1.0,
    "other_tool": 1.0,
    "request_unanswered": 0.7,
    "waved_through": 1.0,
    "wrong_reckoning": 1.0,
}
"""Detector -> the strength from which on its finding counts."""


def contradicted(outcome: Outcome, findings: Iterable[Finding]) -> Outcome | None:
    """The outcome of a run that answered and of which nothing else is known, where a finding shows that it failed; else None."""
    if outcome.sign != "answered":
        return None
    for finding in findings:
        if (
            finding.role is Role.CAUSE
            and not finding.recovered
            and finding.strength >= SOUND.get(finding.detector, 2.0)
        ):
            check = f"The run contradicts itself: {finding.message}"
            return Outcome(Status.FAILED, check, finding.refs, sign="inconsistent")
    return None
