"""What a run has seen: results of traced tools, recognised again by identity when a decision names them as evidence."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from whyspan.values import is_a

_KEPT = 256
"""Results kept alive per run; an agent rarely decides on what it saw 256 calls ago."""
_NESTING = 3
"""How deep a remembered result is searched: `search()["orders"][0]` is at depth 2."""
_SEARCHED = 20_000
"""Values compared for one piece of evidence, about a millisecond."""
_ATOMS = (str, bytes, int, float, complex, Enum, type(None))


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a value came from."""

    span_id: int
    quote: str | None
    """The beginning of it as it was recorded then; None for a part of a result."""


class Memory:
    """The latest results of a run and the spans they came from.

    It holds the objects themselves: an id alone could belong to another object by now.
    """

    def __init__(self) -> None:
        self._results: OrderedDict[int, tuple[object, int, str]] = OrderedDict()

    def remember(self, value: object, span_id: int, quote: str) -> None:
        """Keeps a result. Atoms and empty tuples are not kept: Python shares them, so identity says nothing."""
        if _is_shared(value):
            return
        self._results[id(value)] = (value, span_id, quote)
        self._results.move_to_end(id(value))
        if len(self._results) > _KEPT:
            self._results.popitem(last=False)

    def recall(self, value: object) -> Seen | None:
        """The span that returned this very object, or a container with it inside; the latest one wins."""
        if _is_shared(value):
            return None
        if known := self._results.get(id(value)):
            return Seen(known[1], known[2])
        budget = _SEARCHED
        for result, span_id, _ in reversed(list(self._results.values())):
            level: list[object] = [result]
            for _ in range(_NESTING):
                level = [child for parent in level for child in _children(parent)][:budget]
                if any(child is value for child in level):
                    return Seen(span_id, None)
                budget -= len(level)
        return None


def _is_shared(value: object) -> bool:
    return value == () if type(value) is tuple else issubclass(type(value), _ATOMS)


def _children(parent: object) -> Iterable[object]:
    """What is in a container of Python's own; its own methods are not asked, they are the program's."""
    if is_a(parent, dict):
        return tuple(dict.values(parent))
    if is_a(parent, list):
        return tuple(list.__iter__(parent))
    return tuple(tuple.__iter__(parent)) if is_a(parent, tuple) else ()
