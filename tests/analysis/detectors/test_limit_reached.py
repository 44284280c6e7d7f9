"""A bound stopped the run."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "error", ["GraphRecursionError: Recursion limit of 9 reached", "MaxTurnsExceeded: Max turns (10) exceeded"]
)
def test_limits_of_frameworks_are_known(script: Any, error: str) -> None:
    """The errors of frameworks that stop a run at a bound are symptoms, not causes."""
    run = script("Find it.", ["search"])
    run.turn("search", {"query": "x"}, [])
    run.root.status, run.root.status_message = "error", error
    [finding] = run.findings("limit_reached")
    assert (finding.span_id, finding.role) == (run.root.span_id, "symptom")


def test_other_errors_are_no_limits(script: Any) -> None:
    """A connection that broke is something else; a model's own limit is told where the model call failed on it."""
    run = script("Find it.", ["search"])
    run.turn("search", {"query": "x"}, error="connection reset by peer")
    run.fail("This model's maximum context length is 8192 tokens")
    run.root.status, run.root.status_message = "error", "This model's maximum context length is 8192 tokens"
    assert not run.findings("limit_reached")
