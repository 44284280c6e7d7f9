"""The shape every vocabulary has: tables of attribute names, and a function that reads what they say.

A key in a table is an attribute's name. `key#member` reads a member of a small JSON object under that key, and
`key#member.inner` a member of that; `key#member*` adds up all members that start so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Span

SPAN_NAME: Final = "(span name)"
"""Stands in `titles` for the name of the span itself."""

Reader: TypeAlias = Callable[[Span, Sequence[Log]], Content]


def _nothing(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    return Content()


def _as_it_is(span: Span) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How one instrumentation, or a family of them, names the canonical facts."""

    name: str
    """What `Span.vocabulary` says when this vocabulary named the span's kind."""
    kinds: Mapping[str, Mapping[str, Kind] | Kind] = field(default_factory=dict)
    """Key -> lower-case value -> kind; or key -> the kind its mere presence means. Best key first."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column of `Span` -> keys that fill it, best first."""
    titles: Mapping[Kind, tuple[str, str]] = field(default_factory=dict)
    """Kind -> (column, key or SPAN_NAME): what names such a span where the tables left the column empty."""
    content_keys: tuple[str, ...] = ()
    """What `read` looks at: keys, and prefixes ending in a dot."""
    known: tuple[str, ...] = ()
    """Keys, and prefixes ending in a dot, that it uses for what we have no place for; what a user named is under them too."""
    read: Reader = _nothing
    """Derives the content; fields it does not fill are left to the vocabularies after it."""
    refine: Callable[[Span], None] = _as_it_is
    """Says what a table cannot; called when this vocabulary named the span's kind."""
    generic: bool = False
    """True for names any instrumentation uses: they fill columns and recognise nothing."""
