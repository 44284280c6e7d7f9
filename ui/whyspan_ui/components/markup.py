"""HTML from trace content, safe by construction: `tag` escapes every child that was not itself made by `tag`.

Trace text is never handed to Streamlit's Markdown, which would read links, formulas, colours and icons out of it.
"""

import html
import re
from collections.abc import Iterable
from typing import Final

from whyspan_analysis.report.wording import pieces
from whyspan_ui.printable import printable

_QUOTED: Final = re.compile(r"(?<=“)([^”]*)(?=”)")


class Markup(str):
    """HTML that is ready to be shown."""

    __slots__ = ()


def text(content: object) -> Markup:
    """The content as literal text in HTML."""
    return content if isinstance(content, Markup) else Markup(html.escape(printable(str(content))))


def join(*children: object) -> Markup:
    """The children one after the other; None is left out."""
    return Markup("".join(text(child) for child in children if child is not None))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. Attribute names: `class_` is `class`, `data_span` is `data-span`; None is left out.

    >>> tag("b", "<script>", class_="x")
    '<b class="x">&lt;script&gt;</b>'
    """
    spelled = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{spelled}>{join(*children)}</{name}>")


def prose(sentence: str) -> Markup:
    """One of our sentences: the values it quotes from the trace stand between backticks and become code, literally."""
    return tag("bdi", *(tag("code", piece) if is_code else isolated(piece) for piece, is_code in pieces(sentence)))


def isolated(words: str) -> Markup:
    """Our words, with what they quote in its own writing direction: “שלום” must not turn round what stands beside it."""
    return join(*(tag("bdi", piece) if place % 2 else piece for place, piece in enumerate(_QUOTED.split(words))))


def dotted(facts: Iterable[str | None]) -> Markup:
    """Facts in one line, each in its own writing direction; None and empty ones are left out."""
    shown = [tag("bdi", fact) for fact in facts if fact]
    return Markup(" · ".join(shown))
