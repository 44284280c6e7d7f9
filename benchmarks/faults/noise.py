"""In what two good runs of one task differ: hiccups, whims, words, the order of independent reads, second looks, stamps on results.

Variation 0 is the plain run of a world. Every other one draws its noise from its own number, whether something goes wrong in it or not.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from benchmarks.faults.wording import BEFORE

APART = 1_000_000
"""Between the run numbers of two variations of a world."""
SECOND_LOOK = 0.12
"""How often something that was read before is read again before a call."""
ADDED_WORD = 0.5
"""How often a search has a word more than it needs."""
PROSE = frozenset({"text", "question"})
"""Arguments that are prose for people, which a model puts otherwise each time."""

Item = TypeVar("Item")


class Noise:
    """The noise of one run."""

    def __init__(self, seed: int, variation: int) -> None:
        self.key = str(seed) if variation == 0 else f"{seed}/variation {variation}"
        """What random numbers of this run are drawn from."""
        self.number = seed + APART * variation
        self._varies = variation > 0

    def order(self, items: Sequence[Item], name: str) -> list[Item]:
        """Things whose order does not matter, in the order of this run."""
        return self._rng(f"order/{name}").sample(items, len(items)) if self._varies else list(items)

    def looks_again(self, place: int) -> Random | None:
        """Where something is read a second time for no reason: what draws which."""
        rng = self._rng(f"again/{place}")
        return rng if self._varies and rng.random() < SECOND_LOOK else None

    def phrased(self, arguments: dict[str, Any], place: int) -> dict[str, Any]:
        """Arguments with the prose among them in other words, and a search with a word more."""
        if not self._varies:
            return arguments
        rng = self._rng(f"phrase/{place}")
        return {key: self._other_words(key, value, rng) for key, value in arguments.items()}

    def said(self, words: str, place: int) -> str:
        """An answer in other words."""
        return self._rng(f"answer/{place}").choice(BEFORE) + words if self._varies else words

    def stamped(self, result: Any, name: str, place: int) -> Any:
        """A result as a server sends it: every second tool puts the number of the request and the time on it."""
        rng = self._rng(f"stamp/{place}")
        if not self._varies or not isinstance(result, dict) or len(name) % 2:
            return result
        at = f"2026-05-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00Z"
        return {**result, "request": f"req-{rng.randint(10_000, 99_999)}", "served_at": at}

    def _other_words(self, key: str, value: Any, rng: Random) -> Any:
        if key == "query" and isinstance(value, str) and rng.random() < ADDED_WORD:
            return f"{value} {rng.choice(('overview', 'details', 'summary'))}"
        return rng.choice(BEFORE) + value if key in PROSE else value

    def _rng(self, what: str) -> Random:
        return Random(f"{self.key}/{what}")
