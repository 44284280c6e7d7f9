"""HTML from trace content."""

from hypothesis import given
from hypothesis import strategies as st

from whyspan_ui.components.markup import join, prose, tag, text


@given(st.text())
def test_text_never_opens_an_element(content: str) -> None:
    """Whatever the text, no angle bracket or quote of it survives as markup."""
    made = tag("b", content, title=content)

    assert made.count("<") == 2
    assert made.count(">") == 2
    assert made.count('"') == 2


def test_text_is_shown_as_it_is() -> None:
    """Markup, formulas, links, right-to-left text and emoji come out letter by letter."""
    assert text("<b>&") == "&lt;b&gt;&amp;"
    assert text("$x$ [a](javascript:b) :red[c]") == "$x$ [a](javascript:b) :red[c]"
    assert text("العربية \U0001f9e8") == "العربية \U0001f9e8"


def test_characters_that_obey_nobody_are_replaced() -> None:
    """A writing-direction override or a lone surrogate becomes the replacement character."""
    assert text("a\u202eb\ud800c") == "a\ufffdb\ufffdc"


def test_what_is_markup_already_is_not_escaped_again() -> None:
    """Elements nest, None is left out, attribute names are spelled as in HTML."""
    assert (
        tag("p", tag("i", "a"), None, "b", class_="x", data_span="1", title=None)
        == '<p class="x" data-span="1"><i>a</i>b</p>'
    )
    assert join("<", tag("br")) == "&lt;<br></br>"


def test_quoted_values_become_code() -> None:
    """Our sentences quote names between backticks; a quoted tag stays text."""
    assert prose("Tool `a<b>` failed") == "<bdi>Tool <code>a&lt;b&gt;</code> failed</bdi>"
