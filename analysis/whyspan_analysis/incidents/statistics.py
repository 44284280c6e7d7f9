"""The statistics of comparisons: Fisher's exact test, and the correction for many tests of Benjamini and Hochberg (1995)."""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, lgamma, log


@lru_cache(maxsize=65536)
def fisher(a: int, b: int, c: int, d: int) -> float:
    """The probability of at least `a` of the first row in the first column, if rows and columns had nothing to do with each other.

    One-sided: the question is always whether something is more frequent. The table is ((a, b), (c, d)).
    """
    row, column, total = a + b, a + c, a + b + c + d
    most = min(row, column)
    first = _log_probability(a, row, column, total)
    term, summed = 1.0, 1.0
    for each in range(a, most):  # from one to the next term by their ratio
        term *= (row - each) * (column - each) / ((each + 1) * (total - row - column + each + 1))
        summed += term
        if term < 1e-12 * summed:
            break
    return min(1.0, exp(first + log(summed)))


def _log_probability(a: int, row: int, column: int, total: int) -> float:
    """Of exactly `a`, hypergeometric."""
    return (
        _log_choose(row, a) + _log_choose(total - row, column - a) - _log_choose(total, column)
        if max(0, row + column - total) <= a
        else float("-inf")
    )


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def corrected(p_values: Sequence[float]) -> list[float]:
    """The q of every p: of all tests with a q no larger, at most this share is expected to be chance."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    q_values, least = [1.0] * len(p_values), 1.0
    for place, index in enumerate(order):
        least = min(least, p_values[index] * len(p_values) / (len(p_values) - place))
        q_values[index] = least
    return q_values
