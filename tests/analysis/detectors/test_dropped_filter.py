"""A call was repeated without something that had narrowed it down."""

from typing import Any


def test_a_dropped_argument_of_the_task_is_found(script: Any) -> None:
    """The second search leaves out the stops the task speaks of: full strength, at the call that dropped them."""
    run = script("Find a flight without stops.", ["search"])
    run.turn("search", {"to": "LIS", "max_stops": 0}, [{"offer": "f-17"}])
    wide = run.ask(("search", {"to": "LIS"}))
    run.execute([{"offer": "f-22"}])
    [finding] = run.findings("dropped_filter")
    assert (finding.span_id, finding.strength) == (wide.span_id, 1.0)
    assert "max_stops = 0" in finding.message


def test_widening_a_search_that_found_nothing_is_ordinary(script: Any) -> None:
    """Nobody minds a wider search after an empty one."""
    run = script("Find a flight without stops.", ["search"])
    run.turn("search", {"to": "LIS", "max_stops": 0}, [])
    run.turn("search", {"to": "LIS"}, [{"offer": "f-22"}])
    assert not run.findings("dropped_filter")


def test_another_search_is_no_repetition(script: Any) -> None:
    """A call with another argument changed as well is another question."""
    run = script("Find a flight without stops.", ["search"])
    run.turn("search", {"to": "LIS", "max_stops": 0}, [{"offer": "f-17"}])
    run.turn("search", {"to": "OPO"}, [{"offer": "f-22"}])
    assert not run.findings("dropped_filter")
