"""What a run has seen: results of traced tools, recognised again by identity when a decision names them as evidence."""

from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum

_KEPT = 256
"""Results kept alive per run; an agent rarely decides on what it saw 256 calls ago."""
_NESTING = 3
"""How deep a remembered result is searched: `search()["orders"][0]` is at depth 2."""
_SEARCHED = 20_000
"""Values compared for one piece of evidence, about a millisecond."""
_ATOMS = (str, bytes, int, float, complex, Enum, type(None))


class Memory:
    """The latest results of a run and the spans they came from.

    It holds the objects themselves: an id alone could belong to another object by now.
    """

    def __init__(self) -> None:
        self._results: deque[tuple[object, str]] = deque(maxlen=_KEPT)

    def remember(self, value: object, span_id: str) -> None:
        """Keeps a result. Atoms and empty tuples are not kept: Python shares them, so identity says nothing."""
        if not _is_shared(value):
            self._results.append((value, span_id))

    def span_of(self, value: object) -> str | None:
        """Id of the span that returned this very object, or a container with it inside; the latest one wins."""
        if _is_shared(value):
            return None
        results = list(self._results)[::-1]
        for result, span_id in results:
            if result is value:
                return span_id
        budget = _SEARCHED
        for result, span_id in results:
            level: list[object] = [result]
            for _ in range(_NESTING):
                level = [child for parent in level for child in _children(parent)][:budget]
                if any(child is value for child in level):
                    return span_id
                budget -= len(level)
        return None


def _is_shared(value: object) -> bool:
    return isinstance(value, _ATOMS) or (isinstance(value, tuple) and not value)


def _children(parent: object) -> Iterable[object]:
    if isinstance(parent, Mapping):
        return tuple(parent.values())
    return parent if isinstance(parent, list | tuple) else ()
