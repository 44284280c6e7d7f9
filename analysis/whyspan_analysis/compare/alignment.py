"""Which moment of one run answers to which of another: moments found once in each run are anchors, the gaps are aligned in a band.

The work is bounded by the length of both runs times the width of the band, whatever they hold.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from whyspan_analysis.moments import Moment

BAND: Final = 32
"""How far from the diagonal of a gap a pair may lie: a run that retried some steps is still beside its other."""

Pair: TypeAlias = tuple[Moment | None, Moment | None]

_SAME, _ALIKE, _FAILED, _OTHER, _FOREIGN, _NEVER = 3.0, 2.0, 1.5, 1.0, 0.25, -1.0
_HERE, _THERE, _BOTH = 0, 1, 2


def align(here: Sequence[Moment], there: Sequence[Moment]) -> list[Pair]:
    """Every moment of both runs once, in order: beside the one that answers to it, or beside None."""
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*_anchors(here, there), (len(here), len(there))]:
        pairs += _in_band(here[i:next_i], there[j:next_j])
        if next_i < len(here):
            pairs.append((here[next_i], there[next_j]))
        i, j = next_i + 1, next_j + 1
    return pairs


def _anchors(here: Sequence[Moment], there: Sequence[Moment]) -> list[tuple[int, int]]:
    """The longest row of moments in the same order in both runs, of those that are found exactly once in each."""
    places = _once(there)
    found = [
        (i, places[digest]) for digest, i in sorted(_once(here).items(), key=lambda one: one[1]) if digest in places
    ]
    ends: list[int] = []  # the smallest last place in `there` of a row of each length
    rows: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(found):
        length = bisect_left(ends, j)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        rows[length : length + 1] = [number]
    chain = []
    number = rows[-1] if rows else -1
    while number >= 0:
        chain.append(found[number])
        number = before[number]
    return chain[::-1]


def _once(moments: Sequence[Moment]) -> dict[str, int]:
    counts = Counter(moment.digest for moment in moments)
    return {moment.digest: place for place, moment in enumerate(moments) if counts[moment.digest] == 1}


def _in_band(here: Sequence[Moment], there: Sequence[Moment]) -> list[Pair]:
    """The best alignment of a gap whose pairs lie within `BAND` of its diagonal."""
    if not here or not there:
        return [*((moment, None) for moment in here), *((None, moment) for moment in there)]
    scores = [0.0] * (len(there) + 1)
    steps: list[tuple[int, bytearray]] = []
    edge = len(there)
    for i, moment in enumerate(here):
        start = max(0, i * len(there) // len(here) - BAND)
        end = min(len(there), (i + 1) * len(there) // len(here) + BAND)
        scores[edge + 1 : end + 1] = [scores[edge]] * (end - edge)  # right of the last band: reached from its edge
        diagonal = scores[start]
        row = bytearray([_HERE])
        for j in range(start, end):
            both = diagonal + _likeness(moment, there[j])
            diagonal = scores[j + 1]
            best, step = diagonal, _HERE
            if scores[j] > best:
                best, step = scores[j], _THERE
            if both > best:  # of equally good pairs the earliest: a run that ended early has its gap at its end
                best, step = both, _BOTH
            scores[j + 1] = best
            row.append(step)
        edge = end
        steps.append((start, row))
    return list(_back(here, there, steps))[::-1]


def _back(here: Sequence[Moment], there: Sequence[Moment], steps: list[tuple[int, bytearray]]) -> Iterator[Pair]:
    """The pairs of the best way through a gap, last first."""
    i, j = len(here), len(there)
    while i or j:
        start, row = steps[i - 1] if i else (0, bytearray())
        if i == 0 or j - start >= len(row):
            j -= 1
            yield None, there[j]
            continue
        step = row[j - start] if j > start else _HERE
        if step in (_HERE, _BOTH):
            i -= 1
        if step in (_THERE, _BOTH):
            j -= 1
        yield here[i] if step != _THERE else None, there[j] if step != _HERE else None


def _likeness(one: Moment, other: Moment) -> float:
    if one.digest == other.digest:
        return _SAME
    if one.kind != other.kind:
        return _NEVER
    if one.agent != other.agent:
        return _FOREIGN
    if one.name != other.name:
        return _OTHER
    return _ALIKE if one.failed == other.failed else _FAILED
