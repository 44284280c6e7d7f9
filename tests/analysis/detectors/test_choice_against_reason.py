"""The choice does not fit its reason."""

from typing import Any

OFFERS = [
    {"offer": "f-411", "airline": "Northwind", "total": 240.0, "year": 2024},
    {"offer": "f-412", "airline": "Southsea", "total": 180.0, "year": 2026},
]


def _chosen(script: Any, offer: str, reason: str, task: str = "Book a flight.") -> Any:
    run = script(task, ["search"])
    run.turn("search", {"to": "LIS"}, OFFERS)
    return run, run.answer(f"I take {offer}: {reason}.")


def test_a_reason_that_speaks_of_another_record_is_found(script: Any) -> None:
    """The airline named belongs to the other offer."""
    run, call = _chosen(script, "f-411", "the customer likes Southsea")
    [finding] = run.findings("choice_against_reason")
    assert finding.span_id == call.span_id
    assert "Southsea; it has Northwind" in finding.message


def test_a_cheapest_that_is_not_is_found(script: Any) -> None:
    """Another offer costs less."""
    run, _ = _chosen(script, "f-411", "it is the cheapest")
    [finding] = run.findings("choice_against_reason")
    assert "another's is 180.0" in finding.message


def test_an_id_is_no_measure(script: Any) -> None:
    """A number that names a record is never the lowest or highest of anything."""
    run = script("Book a room.", ["search"])
    run.turn("search", {"to": "LIS"}, [{"hotel_id": 90824, "stars": "three"}, {"hotel_id": 34411, "stars": "four"}])
    run.decide("Which hotel?", "90824", "90824", "34411")
    run.spans[-1].attributes["whyspan.decision.rationale"] = "it is the cheapest"
    assert not run.findings("choice_against_reason")


def test_a_choice_against_the_request_is_found(script: Any) -> None:
    """The user named the other airline."""
    run, _ = _chosen(script, "f-411", "why not", task="Book a flight with Southsea.")
    assert len(run.findings("choice_against_reason")) == 1


def test_reasons_that_fit_are_fine(script: Any) -> None:
    """The cheapest, the newest, and the one that was asked for."""
    for reason in ("it is the cheapest", "it is the latest", "the customer likes Southsea", "no reason at all"):
        run, _ = _chosen(script, "f-412", reason)
        assert not run.findings("choice_against_reason")
