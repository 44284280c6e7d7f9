"""An argument was left out."""

from typing import Any

SEARCH = {
    "name": "search",
    "parameters": {"type": "object", "properties": {"city": {}, "breakfast": {}}, "required": ["city"]},
}


def test_an_argument_that_was_told_and_not_passed_is_found(script: Any) -> None:
    """The hand-over says breakfast, the search does not."""
    run = script('{"city": "Brno", "breakfast": true}', [SEARCH])
    call = run.ask(("search", {"city": "Brno"}))
    run.execute([])
    [finding] = run.findings("omitted_argument")
    assert (finding.span_id, finding.strength) == (call.span_id, 1.0)


def test_an_argument_that_every_other_call_passes_is_found(script: Any) -> None:
    """Two cities with breakfast, one without."""
    run = script("Hotels in three cities.", [SEARCH])
    for city in ("Brno", "Vigo"):
        run.turn("search", {"city": city, "breakfast": True}, [])
    run.turn("search", {"city": "Gent"}, [])
    [finding] = run.findings("omitted_argument")
    assert finding.strength == 0.5


def test_passing_it_and_never_having_heard_of_it_are_fine(script: Any) -> None:
    """Options nobody spoke of may be left out."""
    run = script('{"city": "Brno", "breakfast": true}', [SEARCH])
    run.turn("search", {"city": "Brno", "breakfast": True}, [])
    assert not run.findings("omitted_argument")
    other = script("Hotels in Brno.", [SEARCH])
    other.turn("search", {"city": "Brno"}, [])
    assert not other.findings("omitted_argument")
