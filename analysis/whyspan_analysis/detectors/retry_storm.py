"""The same tool failed again and again, and was called again and again."""

from collections.abc import Iterator
from itertools import groupby

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import ended, first_line
from whyspan_analysis.model import Finding, Role

TRIES = 4
"""Failures in a row of one tool: the first call and three retries, the usual patience of a client."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a run of four or more consecutive failures of one tool; blames the second, the first retry."""
    for (name, failed), calls in groupby(case.actions, key=lambda action: (action.name, action.error is not None)):
        storm = list(calls)
        if not failed or len(storm) < TRIES:
            continue
        yield detector.finding(
            case.chooser(storm[1]),
            ended(f'`{name}` failed {len(storm)} times in a row, last with "{first_line(storm[-1].error or "", 120)}"'),
            [ref for action in (storm[-1], storm[0]) for ref in case.action_refs(action)],
            min(1.0, 0.5 + 0.1 * (len(storm) - TRIES)),
            recovered=case.later_ok(storm[-1]) is not None,
            origin_span_id=storm[0].span_id,
        )


DETECTOR = Detector("retry_storm", "A failing call was retried too often", Role.AMPLIFIER, 2.0, find)
