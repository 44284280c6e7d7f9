"""A listing was counted wrongly."""

from typing import Any

import pytest

SHIRTS = {
    f"shirt-{n}": {"item": f"shirt-{n}", "options": {"size": "S" if n < 6 else "XL"}, "available": n < 10}
    for n in range(12)
}


def _told(script: Any, words: str) -> Any:
    run = script("How many kinds of shirts are there?", ["product"])
    run.turn("product", {"name": "shirt"}, {"name": "shirt", "variants": SHIRTS})
    return run, run.answer(words)


def test_a_number_next_to_the_right_one_is_found(script: Any) -> None:
    """Ten of twelve are available, and the agent told of eleven."""
    run, told = _told(script, "There are 11 available kinds of shirts in our shop.")
    [finding] = run.findings("miscounted")
    assert finding.span_id == told.span_id
    assert "returned 12" in finding.message
    assert "10 with available True" in finding.message


@pytest.mark.parametrize(
    "words",
    [
        "There are 12 kinds of shirts.",
        "There are 10 kinds of shirts you can have.",
        "There are 6 kinds of shirts in XL.",
        "You have 11 days to send them back.",
        "We have 40 kinds of trousers.",
    ],
)
def test_what_can_be_counted_and_what_is_no_count_is_fine(script: Any, words: str) -> None:
    """All of them, those with one value, a number of days, and a number of something else."""
    run, _ = _told(script, words)
    assert not run.findings("miscounted")
