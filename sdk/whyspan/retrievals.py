"""A retrieval: a search over documents or memory, with what was found and how well it fitted."""

from collections.abc import Callable
from numbers import Real
from typing import Any, overload

from whyspan import enforcement, semconv
from whyspan.guarded import GuardedCall
from whyspan.rules.events import Event, On
from whyspan.semconv import Kind
from whyspan.spans import Sendable, named, sendable
from whyspan.values import is_a, to_json
from whyspan.wrapping import P, R, trace


class Retrieval(GuardedCall):
    """One search, as a `with` block; or, called with a function, its decorator; see `retrieval`."""

    kind = Kind.RETRIEVAL
    result_key = semconv.RETRIEVAL_DOCUMENTS

    def __init__(self, query: object = None, *, source: str | None = None, runs: str = "block") -> None:
        super().__init__()
        self._query = query
        self._source = source
        self._runs = runs

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as a retrieval: its argument `query`, or its first text, is what is searched for."""
        source = getattr(function, "__name__", None) if self._source is None else self._source
        return trace(function, lambda arguments: Retrieval(_query_of(arguments), source=source, runs="function"))

    def _event(self, kind: On) -> Event:
        return Event(kind, self._name(), args=enforcement.plain(self._query), runs=self._runs)

    def _name(self) -> str:
        operation = semconv.OPERATION_RETRIEVAL
        return operation if self._source is None else named(operation, self._source)

    def _attributes(self) -> Sendable:
        attributes = {
            semconv.OPERATION_NAME: semconv.OPERATION_RETRIEVAL,
            semconv.DATA_SOURCE: self._source,
            semconv.RETRIEVAL_QUERY: self._query,
        }
        return sendable(attributes)

    def _result(self, value: object, result: str) -> str:
        return to_json([_document(each) for each in value]) if type(value) in (list, tuple) else result  # type: ignore[attr-defined]


@overload
def retrieval(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def retrieval(query: str | None = None, /, *, source: str | None = None) -> Retrieval: ...
def retrieval(query: Callable[P, R] | str | None = None, /, *, source: str | None = None) -> Callable[P, R] | Retrieval:
    """Records a search over documents or memory: a decorator, with or without arguments, or a `with` block.

    What is found is a list of documents: mappings, best with `id`, `score` and `content`, or pairs of a document and its
    score, as vector stores return them.

    Args:
        query: For the `with` form: what is searched for.
        source: Where: the name of an index or a collection; the function's name by default.

    Example:
        >>> with retrieval("refund of gift cards", source="policies") as found:
        ...     found.set_result([{"id": "p-4", "score": 0.82, "content": "Gift cards are not refunded."}])
        >>> @retrieval
        ... def policies(query: str) -> list[dict[str, object]]:
        ...     return [{"id": "p-4", "score": 0.82}]
    """
    if callable(query):
        return Retrieval()(query)
    return Retrieval(query, source=source)


def _query_of(arguments: dict[str, Any]) -> object:
    if "query" in arguments:
        return arguments["query"]
    return next((value for value in arguments.values() if is_a(value, str)), None)


def _document(found: object) -> object:
    """A pair of a document and its score as one mapping; anything else as it is."""
    if is_a(found, str):
        return {"content": found}
    if type(found) is not tuple or len(found) != 2 or not is_a(found[1], Real) or is_a(found[1], bool):
        return found
    document, score = found
    return {**(document if type(document) is dict else {"content": document}), "score": score}
