"""How well two groupings of the same things agree."""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb


def adjusted_rand(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """The adjusted Rand index of Hubert and Arabie (1985): 1 for equal groupings, 0 on average for random ones."""
    pairs = sum(comb(n, 2) for n in Counter(zip(one, other, strict=True)).values())
    rows = sum(comb(n, 2) for n in Counter(one).values())
    columns = sum(comb(n, 2) for n in Counter(other).values())
    by_chance = rows * columns / comb(len(one), 2)
    most = (rows + columns) / 2
    return 1.0 if most == by_chance else (pairs - by_chance) / (most - by_chance)
