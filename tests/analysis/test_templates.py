"""Templates: what varies is masked, the same way every time, and what is left says what kind of message it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan_analysis.templates import HOLE, LONGEST, masked, template

WORDS = st.sampled_from(
    ["refund", "failed", "for", "customer", "ValueError:", "expected", "not", "found,", "the", "über"]
)
VALUES = st.one_of(
    st.uuids().map(str),
    st.integers(min_value=-(10**12), max_value=10**12).map(str),
    st.floats(min_value=0.001, max_value=1e6).map(lambda number: f"{number:,.3f}"),
    st.binary(min_size=20, max_size=20).map(lambda data: "0" + data.hex()),
    st.integers(min_value=0).map(lambda number: f"ord_{number}"),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.integers(min_value=1, max_value=28).map(lambda day: f"{day} November"),
    st.text("abc /", max_size=9).map(lambda words: f'"{words}"'),
    st.text("abc /", max_size=9).map(lambda words: f"`{words}`"),
    st.text("abcdef", min_size=1, max_size=9).map(lambda name: f"https://{name}.example/{name}?x={name},y"),
    st.text("abcdef", min_size=1, max_size=9).map(lambda name: f"/var/{name}/{name}.txt"),
    st.text("abcdef", min_size=1, max_size=9).map(lambda name: f"{name}@mail.example"),
)
PLACES = st.lists(st.one_of(WORDS, st.none()), min_size=1, max_size=12)
"""A message: words, and None where a value stands."""


@given(text=st.text(max_size=400) | st.lists(WORDS | VALUES | st.just(HOLE), max_size=60).map(" ".join))
def test_a_template_is_its_own_template(text: str) -> None:
    """Masking what is masked changes nothing, whatever the text; and it is never long."""
    assert template(template(text)) == template(text)
    assert masked(masked(text)) == masked(text)
    assert len(template(text)) <= LONGEST


@given(places=PLACES, data=st.data())
def test_texts_that_differ_in_values_only_have_one_template(places: list[str | None], data: st.DataObject) -> None:
    """Whatever ids, numbers, times, addresses, paths and quotations stand in a message, its template is the same."""

    def filled() -> str:
        return " ".join(data.draw(VALUES) if place is None else place for place in places)

    first, second = filled(), filled()

    assert template(first) == template(second)
    assert all(word in template(first) for word in places if word is not None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KeyError: 'order_id'", "KeyError: <*>"),
        ("no customer with the address ada.ray@example.com", "no customer with the address <*>"),
        ("it doesn't answer, they don't either", "it doesn't answer, they don't either"),
        ('bad arguments {"order": "o-1", "lines": [1, 2]}', "bad arguments {<*>: [<*>]}"),
        ("Every look-up came back empty: 12, 14 and 15.", "Every look-up came back empty: <*>"),
        ("either/or and a/b", "either/or and a/b"),
    ],
)
def test_what_is_masked(text: str, expected: str) -> None:
    """Values go, however many there are; words stay, with the apostrophes and slashes they have."""
    assert template(text) == expected


def test_named_status_codes_stay() -> None:
    """Too many requests and a server that is down are two kinds of error, though only a number tells them apart."""
    assert template("HTTP 429 after 3 tries") == "HTTP 429 after <*> tries"
    assert template("status code: 503") != template("status code: 429")
    assert template("took 503 ms") == template("took 429 ms")


def test_a_page_of_noise_takes_no_time() -> None:
    """A text without spaces, a megabyte long and full of what patterns begin with, is read once."""
    for noise in ("a" * 10**6, "'" * 10**6, "http:" * 200_000, "/" * 10**6, "@." * 500_000):
        assert len(template(noise)) <= LONGEST
