"""How a number follows from others: sum, mean, count, difference, product, ratio, share in percent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from whyspan_analysis.values import Value

MAX_TERMS = 16
"""Numbers of one observation tried in pairs: 120 of them; of a longer table all are summed, counted and averaged."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A computation that gives a number."""

    how: str
    terms: tuple[int, ...]
    """Positions of the numbers it was computed from."""


def derive(value: Value, numbers: Sequence[float]) -> Derivation | None:
    """How a number follows from others, within the rounding it was written with; None when no tried way gives it."""
    target = float(value.canon)
    slack = 0.5 * 10.0 ** -len(value.raw.partition(".")[2]) if "." in value.raw else 0.0
    slack += 1e-9 * abs(target)
    if len(numbers) > 1:
        total = sum(numbers)
        for how, number in (("sum", total), ("mean", total / len(numbers)), ("count", float(len(numbers)))):
            if abs(number - target) <= slack:
                return Derivation(how, tuple(range(min(len(numbers), MAX_TERMS))))
    for (i, a), (j, b) in combinations(enumerate(numbers[:MAX_TERMS]), 2):
        for how, number in _pairwise(a, b):
            if abs(number - target) <= slack:
                return Derivation(how, (i, j))
    return None


def _pairwise(a: float, b: float) -> Iterator[tuple[str, float]]:
    yield "sum", a + b
    yield "difference", abs(a - b)
    yield "product", a * b
    for x, y in ((a, b), (b, a)):
        yield "percentage of", x * y / 100
        if y:
            yield "ratio", x / y
            yield "share in percent", 100 * x / y
