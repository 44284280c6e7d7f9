"""Typed values, and where they came from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan_analysis.diagnose import build_case
from whyspan_analysis.lineage import END, MAX_SIGHTINGS, Source
from whyspan_analysis.values import leaves, of_scalar, of_text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12,844.80 USD", [("number", "12844.8")]),
        ("$89.10 or 1 200?", [("number", "89.1"), ("number", "1"), ("number", "200")]),
        ("on 20 November", [("date", "--11-20")]),
        ("Nov 3rd, 2026", [("date", "2026-11-03")]),
        ("2026-11-20T06:12Z", [("date", "2026-11-20")]),
        ("mail A.Novak@Example.com.", [("email", "a.novak@example.com")]),
        ("see https://example.com/a?b=1).", [("url", "https://example.com/a?b=1")]),
        ("order ORD-44187 and r2d2", [("id", "ord-44187"), ("id", "r2d2")]),
        ("a 30-day window", [("number", "30")]),
        ("nothing here", []),
    ],
)
def test_values_are_read_in_one_spelling(text: str, values: list[tuple[str, str]]) -> None:
    """Numbers, dates, addresses and ids are recognised as people and tools write them."""
    assert [(value.kind, value.canon) for value in of_text(text)] == values


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_number_is_the_same_with_and_without_separators(number: int) -> None:
    """Thousands separators and trailing zeros do not make another number."""
    [plain] = of_scalar(number)
    [spelt] = of_text(f"{number:,}.00")
    assert plain.canon == spelt.canon


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No text is too odd to be read, and every value stands in it as it was written."""
    assert all(value.raw in text for value in of_text(text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda s: st.lists(s) | st.dictionaries(st.text(max_size=5), s),
    )
)
def test_any_structure_is_walked(value: Any) -> None:
    """Leaves are the scalars of a structure, in order, whatever its keys are."""
    assert all(not isinstance(leaf.value, dict | list) for leaf in leaves(value, "result"))


def _origin(script: Any, text: str) -> Any:
    run = script("Order 4417 of a@example.com.", ["lookup"])
    run.turn("lookup", {"id": 4417}, {"paid": 89.1, "fee": 4.95, "sent": "2026-11-14", "items": [3, 4, 5.5]})
    run.answer("Done.")
    [value] = of_text(text)
    return build_case(run.run()).lineage.origin(value, END)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("4417", Source.GIVEN),
        ("A@example.com", Source.GIVEN),
        ("89.10 EUR", Source.OBSERVED),
        ("14 November", Source.OBSERVED),
        ("84.15", Source.DERIVED),
        ("94.05", Source.DERIVED),
        ("77123", Source.MODEL),
        ("15 November", Source.MODEL),
    ],
)
def test_where_a_value_came_from(script: Any, text: str, source: Source) -> None:
    """Given, observed, computed from what was observed, or the model's own."""
    assert _origin(script, text).source is source


def test_a_derived_value_names_its_terms(script: Any) -> None:
    """The fee taken from the price is told as a difference of two fields."""
    origin = _origin(script, "84.15")
    assert origin.how == "difference"
    assert [sighting.path for sighting in origin.sightings] == ["result.paid", "result.fee"]


def test_nothing_is_known_before_it_came_back(script: Any) -> None:
    """A result is no source for what was asked before it."""
    run = script("Do it.", ["lookup"])
    call = run.ask(("lookup", {"name": "me"}))
    run.execute({"id": 77123})
    case = build_case(run.run())
    [value] = of_text("77123")
    assert case.lineage.origin(value, case.run.order[call.span_id] + 1).source is Source.MODEL
    assert case.lineage.origin(value, END).source is Source.OBSERVED


def test_a_tool_that_repeats_its_argument_is_no_source(script: Any) -> None:
    """What the model made up stays its own when a tool says it back."""
    run = script("Do it.", ["note"])
    run.turn("note", {"id": 77123}, {"id": 77123, "saved": True})
    [value] = of_text("77123")
    assert build_case(run.run()).lineage.origin(value, END).source is Source.MODEL


def test_the_earliest_places_of_a_value_are_kept(script: Any) -> None:
    """Of a value that every result repeats the first places are known, whoever named it, and the numbers of all results."""
    run = script("Convert at 77.5.", ["rate"])
    for day in range(3 * MAX_SIGHTINGS):
        run.turn("rate", {"day": f"d-{day:04}"}, {"rate": 77.5, "of": f"d-{day:04}"})
    lineage = build_case(run.run()).lineage
    [value] = of_text("77.5")
    sightings = lineage.sightings(value, END)
    assert [seen.order for seen in sightings[1:]] == [each.order for each in lineage.observations][: MAX_SIGHTINGS - 1]
    assert sightings[0].source is Source.GIVEN
    assert [[seen.path for seen in each.numbers] for each in lineage.observations[-1:]] == [["result.rate"]]
