"""The names instrumentations use, and how they map to the canonical columns and to `Content`.

One module per vocabulary, all of one shape (`vocabulary.Vocabulary`). Where a span carries several, the first of
`VOCABULARIES` that fills a column or a field of the content wins, and the later ones fill the gaps.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Message, Span
from whyspan_collector.vocabularies import (
    langfuse,
    langsmith,
    mcp,
    mlflow,
    openinference,
    opentelemetry,
    otel_genai,
    own,
    pydantic_ai,
    span_names,
    traceloop,
    vercel_ai,
)
from whyspan_collector.vocabularies.columns import ColumnIndex, Fact
from whyspan_collector.vocabularies.errors import fill_errors
from whyspan_collector.vocabularies.vocabulary import Vocabulary

__all__ = ["COLUMN_KEYS", "VOCABULARIES", "Fact", "Vocabulary", "content", "facts", "fill_columns", "understood"]

_logger = logging.getLogger(__name__)

VOCABULARIES: Final[tuple[Vocabulary, ...]] = (
    own.VOCABULARY,
    otel_genai.VOCABULARY,
    openinference.VOCABULARY,
    traceloop.VOCABULARY,
    pydantic_ai.VOCABULARY,
    vercel_ai.VOCABULARY,
    mlflow.VOCABULARY,
    langfuse.VOCABULARY,
    langsmith.VOCABULARY,
    mcp.VOCABULARY,
    opentelemetry.VOCABULARY,
)
"""In order of precedence: what the agent says itself, the standard, then the dialects; general names last."""

_INDEX: Final = ColumnIndex(VOCABULARIES)
COLUMN_KEYS: Final = frozenset(_INDEX.keys)
"""The attributes that say something about a column."""
_VALUES: Final = ("arguments", "result", "input", "output", "decision")
_NAMED: Final = {key for vocabulary in VOCABULARIES for key in (*vocabulary.content_keys, *vocabulary.known)}
_PREFIXES: Final = tuple(sorted(key for key in _NAMED if key.endswith(".")))
_KEYS: Final = frozenset(_INDEX.keys | _NAMED)


def facts(key: str, value: Any) -> tuple[Fact, ...]:
    """What one attribute says about the canonical columns; nothing for a key that is not in `COLUMN_KEYS`."""
    return _INDEX.facts(key, value)


def fill_columns(span: Span, said: Iterable[Fact] | None = None) -> None:
    """Set the canonical columns of a span in place, from its attributes, its events and, failing those, its name.

    Runs for every span at ingest: no large value is parsed. Does not raise for any value: one of the wrong type fills
    nothing, and where a vocabulary fails on what nobody foresaw, that is logged and its columns stay empty.

    Args:
        span: read and changed.
        said: the `facts` of its attributes where they are known; in any order.
    """
    try:
        if said is None:
            keys = span.attributes.keys() & COLUMN_KEYS
            said = [fact for key in keys for fact in facts(key, span.attributes[key])]
        _INDEX.fill(span, said)
        if span.vocabulary is None:
            span_names.fill_from_name(span)
        if span.events or span.status == "error":
            fill_errors(span)
    except Exception:
        _logger.exception("a span of scope %r lacks canonical columns", span.scope)


def content(span: Span, logs: Sequence[Log] = ()) -> Content:
    """Derive what a span carried, from the span and from the log records with its id.

    Needs the span's columns. Never raises: text that does not parse is kept as the text it is.
    """
    whole = Content()
    named: set[str] = set().union(*map(_looking_at, span.attributes))
    for vocabulary in VOCABULARIES:
        if vocabulary.name not in named and not logs and not span.events:
            continue  # it would find nothing, and of eleven hardly more than two find something
        found = vocabulary.read(span, logs)
        whole.input_messages = _conversation(whole.input_messages, found.input_messages)
        whole.output_messages = whole.output_messages or found.output_messages
        whole.tool_definitions = _tools(whole.tool_definitions, found.tool_definitions)
        whole.outcomes = whole.outcomes or found.outcomes
        for name in _VALUES:
            if getattr(whole, name) is None:
                setattr(whole, name, getattr(found, name))
    return whole


@lru_cache(4_096)
def _looking_at(key: str) -> frozenset[str]:
    """The vocabularies, by name, that read content from an attribute."""
    return frozenset(
        each.name
        for each in VOCABULARIES
        if any(key.startswith(known) if known.endswith(".") else key == known for known in each.content_keys)
    )


def _conversation(known: list[Message], found: list[Message]) -> list[Message]:
    """The known conversation; where it is system instructions only, with what the other vocabulary has of the rest."""
    if all(message.role == "system" for message in known):
        return [*known, *(message for message in found if message.role != "system" or not known)]
    return known


def _tools(known: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The known tools, each with the members only the other vocabulary has (a description, a schema)."""
    others = {tool["name"]: tool for tool in found}
    return [{**others.get(tool["name"], {}), **tool} for tool in known] if known else found


def understood(span: Span) -> tuple[set[str], set[str]]:
    """How far a span is understood: (the canonical columns that are filled, the attribute keys no vocabulary knows).

    Needs the span's columns. Both come from the tables of the vocabularies, so they cannot claim what is not there.
    """
    filled = {column for column in _INDEX.columns if getattr(span, column) not in (None, Kind.OTHER)}
    return filled, {key for key in span.attributes if key not in _KEYS and not key.startswith(_PREFIXES)}
