"""The failed check found a value where it expected another."""

from typing import Any


def _checked(script: Any, detail: str | None) -> Any:
    run = script("What did we sell in May?", ["sales", "report"])
    run.turn("sales", {"month": "2026-05"}, [{"sale": "s-1", "amount": 640.25}])
    stated = run.answer("That makes 725.75 in all.")
    run.turn("report", {"total": 725.75}, {"status": "saved"})
    run.check(ok=False, detail=detail)
    return run, stated


def test_the_turn_that_came_up_with_the_value_is_named(script: Any) -> None:
    """The first words with it, not the call that passed it on."""
    run, stated = _checked(script, "expected 640.25, found 725.75")
    [finding] = run.findings("wrong_in_check")
    assert finding.span_id == stated.span_id
    assert "725.75" in finding.message


def test_a_value_that_was_taken_from_a_result_weighs_less(script: Any) -> None:
    """Then the step that took it is named, which may have been right to."""
    made, _ = _checked(script, "expected 640.25, found 725.75")
    run = script("Save the sale of May.", ["sales", "report"])
    run.turn("sales", {"month": "2026-05"}, [{"sale": "s-1", "amount": 640.25}, {"sale": "s-2", "amount": 85.5}])
    run.turn("report", {"total": 85.5}, {"status": "saved"})
    run.check(ok=False, detail="expected 640.25 but got 85.5")
    [taken] = run.findings("wrong_in_check")
    assert taken.strength < made.findings("wrong_in_check")[0].strength


def test_nothing_without_an_expected_and_a_found_value(script: Any) -> None:
    """A check that names one value, the expected one again, or none tells nothing."""
    for detail in ("the report is wrong: 725.75", "expected 725.75, found 725.75", "expected a report", None):
        run, _ = _checked(script, detail)
        assert not run.findings("wrong_in_check")


def test_a_passing_check_accuses_nobody(script: Any) -> None:
    """However much it says."""
    run = script("What did we sell?", ["sales"])
    run.answer("725.75")
    run.check(ok=True, detail="expected 640.25, found 725.75, which is near enough")
    assert not run.findings("wrong_in_check")
