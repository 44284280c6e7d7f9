"""A constraint of the task was broken by what was done."""

from typing import Any

HOTELS = [{"hotel": "h-71", "price": 210.0, "smoking": True}, {"hotel": "h-72", "price": 90.0, "smoking": False}]


def _booked(script: Any, task: str, hotel: str) -> Any:
    run = script(task, ["search", "book"])
    run.turn("search", {"city": "Brno"}, HOTELS)
    call = run.ask(("book", {"hotel": hotel}))
    run.execute({"booking": "b-1"}, effect="irreversible")
    return run, call


def test_a_bound_broken_by_the_record_acted_on_is_found(script: Any) -> None:
    """Booking the room of 210 EUR breaks "at most 150 EUR", and its price is quoted."""
    run, call = _booked(script, "Book a room for at most 150 EUR.", "h-71")
    [finding] = run.findings("lost_constraint")
    assert finding.span_id == call.span_id
    assert [ref.quote for ref in finding.refs][:2] == ["210.0", "Book a room for at most 150 EUR."]


def test_a_ban_broken_by_the_record_acted_on_is_found(script: Any) -> None:
    """A non-smoking room was asked for and a smoking room booked."""
    run, _ = _booked(script, "Book a non-smoking room.", "h-71")
    [finding] = run.findings("lost_constraint")
    assert "smoking true" in finding.message


def test_the_search_that_lost_it_is_blamed_before_the_booking(script: Any) -> None:
    """When the search was repeated without the constraint, that is where it was lost."""
    run = script("Book a flight without stops.", ["search", "book"])
    run.turn("search", {"to": "LIS", "max_stops": 0}, [{"offer": "f-17", "stops": 0}])
    wide = run.ask(("search", {"to": "LIS"}))
    run.execute([{"offer": "f-22", "stops": 1}])
    run.turn("book", {"offer": "f-22"}, {"booking": "b-1"}, effect="irreversible")
    lost, taken = run.findings("lost_constraint")
    assert lost.span_id == wide.span_id
    assert (lost.strength, taken.strength) == (1.0, 0.6)


def test_keeping_the_constraint_is_no_finding(script: Any) -> None:
    """The room of 90 EUR for non-smokers keeps both."""
    run, _ = _booked(script, "Book a non-smoking room for at most 150 EUR.", "h-72")
    assert not run.findings("lost_constraint")


def test_looking_at_what_breaks_it_is_no_finding(script: Any) -> None:
    """Only what is done breaks a constraint; reading about a dear room does not."""
    run = script("Book a room for at most 150 EUR.", ["search", "details"])
    run.turn("search", {"city": "Brno"}, HOTELS)
    run.turn("details", {"hotel": "h-71"}, HOTELS[0], effect="pure-read")
    assert not run.findings("lost_constraint")
