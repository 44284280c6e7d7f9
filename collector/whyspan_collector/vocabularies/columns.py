"""The canonical columns of a span, filled from the tables of all vocabularies at once.

The tables are turned round when the module is loaded: attribute key -> columns it may fill. A span then costs one
look-up per attribute it shares with them, whatever the number of vocabularies.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from whyspan.semconv import Kind
from whyspan_collector.records import Span
from whyspan_collector.vocabularies.lenient import as_amount, as_count, as_tags, as_text, members
from whyspan_collector.vocabularies.messages import finish_reason
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_MAX_OBJECT: Final = 4_096
"""Larger JSON objects are not opened at ingest; their members are seen when the run is read."""
_LAST: Final = 1 << 30
_COUNTS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
# Names LangGraph's prebuilt agents give their nodes; a node called otherwise is an agent of somebody's graph.
_PLUMBING: Final = frozenset({"agent", "model", "tools", "llm", "call_model"})


class _Slot(NamedTuple):
    """A column that a key may fill."""

    column: str
    rank: int
    """Smaller wins: the vocabulary's place, then the key's place in its row."""
    read: Callable[[Any], Any]
    member: str


class Fact(NamedTuple):
    """What an attribute says about a column."""

    column: str
    rank: int
    """As in `_Slot`."""
    value: Any


def _as_node(value: Any) -> str | None:
    name = as_text(value)
    return None if name is None or name in _PLUMBING or name.startswith("__") else name


def _reader(column: str, key: str) -> Callable[[Any], Any]:
    if column in _COUNTS:
        return as_count
    if column == "cost":
        return as_amount
    if column == "tags":
        return as_tags
    if column == "finish_reason":
        return finish_reason
    return _as_node if key.endswith("langgraph_node") else as_text


def _kind_reader(kinds: Mapping[str, Kind] | Kind) -> Callable[[Any], Kind | None]:
    if isinstance(kinds, Kind):
        return lambda _: kinds
    return lambda value: kinds.get((as_text(value) or "").lower())


class ColumnIndex:
    """All tables turned round; built once."""

    def __init__(self, vocabularies: tuple[Vocabulary, ...]) -> None:
        self._vocabularies = vocabularies
        self._values: dict[str, tuple[_Slot, ...]] = {}
        self._objects: dict[str, tuple[_Slot, ...]] = {}
        for place, vocabulary in enumerate(vocabularies):
            for column, key, order, read in _rows(vocabulary):
                name, _, member = key.partition("#")
                slots = self._objects if member else self._values
                slots[name] = (*slots.get(name, ()), _Slot(column, place * 100 + order, read, member))

    @property
    def keys(self) -> set[str]:
        """Every attribute key some column is read from."""
        return {*self._values, *self._objects}

    @property
    def columns(self) -> set[str]:
        """Every column some key fills."""
        return {slot.column for slots in (*self._values.values(), *self._objects.values()) for slot in slots}

    def facts(self, key: str, value: Any) -> tuple[Fact, ...]:
        """What one attribute says about the columns."""
        said = [
            Fact(column, rank, found)
            for column, rank, read, _ in self._values.get(key, ())
            if (found := read(value)) is not None
        ]
        if slots := self._objects.get(key):
            opened = _opened(value)
            said += [
                Fact(column, rank, found)
                for column, rank, read, member in slots
                if (found := read(_member(opened, member))) is not None
            ]
        return tuple(said)

    def fill(self, span: Span, said: Iterable[Fact]) -> None:
        """Set the columns: of what was said about each, what has the smallest rank."""
        ranks: dict[str, int] = {}
        for column, rank, value in said:
            if rank < ranks.get(column, _LAST):
                ranks[column] = rank
                setattr(span, column, value)
        self._name_kind(span, ranks)

    def _name_kind(self, span: Span, ranks: dict[str, int]) -> None:
        """Settle kind and vocabulary, and what the vocabulary that knows the kind can say beyond its table."""
        for column, kind in _TELLING:
            if column in ranks:
                vocabulary = self._vocabularies[ranks[column] // 100]
                if kind is not None:
                    span.kind = kind
                span.vocabulary = vocabulary.name
                vocabulary.refine(span)
                title = vocabulary.titles.get(span.kind)
                if title is not None and getattr(span, title[0]) is None:
                    setattr(
                        span, title[0], as_text(span.name if title[1] == SPAN_NAME else span.attributes.get(title[1]))
                    )
                return


_TELLING: Final = (
    ("kind", None),
    ("tool", Kind.TOOL),
    ("request_model", Kind.MODEL_CALL),
    ("response_model", Kind.MODEL_CALL),
    ("operation", Kind.STEP),
)
"""Columns that tell a span's kind, the named kind first: a span with a model and no operation is a call to it."""


def _rows(vocabulary: Vocabulary) -> Iterable[tuple[str, str, int, Callable[[Any], Any]]]:
    for order, (key, kinds) in enumerate(vocabulary.kinds.items()):
        yield "kind", key, order, _kind_reader(kinds)
    for column, keys in vocabulary.columns.items():
        for order, key in enumerate(keys):
            yield column, key, order, _reader(column, key)


def _opened(value: Any) -> dict[str, Any]:
    return {} if isinstance(value, str | bytes) and len(value) > _MAX_OBJECT else members(value)


def _member(value: dict[str, Any], member: str) -> Any:
    if not member.endswith("*"):
        outer, _, inner = member.partition(".")
        return members(value.get(outer)).get(inner) if inner else value.get(outer)
    counts = [count for name, each in value.items() if name.startswith(member[:-1]) and (count := as_count(each))]
    return sum(counts) if counts else None
