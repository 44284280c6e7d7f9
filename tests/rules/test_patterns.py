"""Regular expressions in linear time, against Python's own."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyspan.rules.cel import RuleError
from whyspan.rules.cel.patterns import Pattern

_atoms = st.sampled_from(["a", "b", "1", ".", "[ab]", "[^a]", "[a-c1]", r"\d", r"\W", r"\s", r"\.", "A"])


def _larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(smaller, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda t: f"(?:{t[0]}){t[1]}"
        ),
        st.tuples(smaller, smaller).map("".join),
        st.tuples(smaller, smaller).map(lambda t: f"({t[0]}|{t[1]})"),
        smaller.map(lambda p: f"^{p}"),
        smaller.map(lambda p: f"{p}$"),
    )


@settings(max_examples=250, deadline=None)
@given(st.recursive(_atoms, _larger, max_leaves=6), st.text("ab1A. \n", max_size=12), st.booleans())
def test_a_pattern_finds_what_re_finds(pattern: str, text: str, folded: bool) -> None:
    """For generated patterns and texts the answer is that of Python's `re`."""
    source = "(?i)" + pattern if folded else pattern
    expected = re.search(source.replace("$", r"\Z"), text, re.ASCII) is not None

    assert Pattern(source).found_in(text) is expected


def test_a_pattern_that_takes_re_for_ever_is_answered_at_once() -> None:
    """Nested repetitions cost one step for each character, not a doubling."""
    assert Pattern("(?:a+)+$").found_in("a" * 10_000 + "b") is False


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a**", "a repetition of a repetition"),
        ("(?=a)", "of the groups with ? there is (?:...)"),
        (r"\bword", r"\b is not known"),
        ("[a", "a set [...] is not closed"),
        ("a{3,1}", "a repetition counts up to 200"),
        ("*a", "'*' with nothing to repeat"),
        ("((a{200}){200}){200}", "more than 2000 states"),
        ("a)", "')' without its opening bracket"),
    ],
)
def test_an_unreadable_pattern_is_refused(pattern: str, message: str) -> None:
    """What the syntax does not have is refused with the place and what there is."""
    with pytest.raises(RuleError, match=re.escape(message)):
        Pattern(pattern)
