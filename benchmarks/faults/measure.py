"""From judged examples to figures: shares with intervals, the position prior, calibration and the suspect list."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from benchmarks.faults.judging import BINS, Row

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the middle 95 % of what resampled worlds give."""

    hits: float
    of: int
    low: float
    high: float

    def __str__(self) -> str:
        """`81 % [77, 85] of 240`."""
        if not self.of:
            return "-"
        return f"{100 * self.hits / self.of:.0f} % [{100 * self.low:.0f}, {100 * self.high:.0f}] of {self.of}"


class OfAWorld(Protocol):
    """Something that was judged in one world."""

    @property
    def agent(self) -> str:
        """The agent's name."""

    @property
    def seed(self) -> int:
        """The world's number."""


Judged = TypeVar("Judged", bound=OfAWorld)


def share(rows: Sequence[Judged], hit: Callable[[Judged], float]) -> Share:
    """Bootstrap over worlds (agent and seed): runs of one world resemble each other."""
    worlds: dict[tuple[str, int], tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in rows:
        hits, of = worlds[row.agent, row.seed]
        worlds[row.agent, row.seed] = (hits + hit(row), of + 1)
    pairs, rng = list(worlds.values()), Random(7)
    shares = []
    for _ in range(RESAMPLES if pairs else 0):
        drawn = rng.choices(pairs, k=len(pairs))
        shares.append(sum(hits for hits, _ in drawn) / sum(of for _, of in drawn))
    shares.sort()
    low, high = (shares[int(RESAMPLES * 0.025)], shares[int(RESAMPLES * 0.975)]) if shares else (0.0, 0.0)
    return Share(sum(hits for hits, _ in pairs), sum(of for _, of in pairs), low, high)


def top(count: int, rule: str | None = None) -> Callable[[Row], float]:
    """Whether the diagnosis, or a rule, names the operation among its first `count`."""

    def hit(row: Row) -> float:
        if rule is None:
            return float(row.rank is not None and row.rank <= count)
        if rule == "random":
            return _drawn(row, count)
        place = row.ranks.get(rule)
        return float(place is not None and place <= count)

    return hit


def _drawn(row: Row, count: int) -> float:
    """The chance that one of `count` steps drawn at random is right."""
    mean = row.ranks.get("random")
    if mean is None:
        return 0.0
    right = round((row.steps + 1) / mean - 1)
    wrong = math.prod((row.steps - right - i) / (row.steps - i) for i in range(min(count, row.steps - right)))
    return 1.0 - wrong if row.steps - right >= count else 1.0


def add_position_prior(rows: Sequence[Row]) -> None:
    """Ranks by where in a run faults lie: learned on even seeds for odd ones, and the other way round."""
    for parity in (0, 1):
        counts = [0] * BINS
        for row in rows:
            if row.seed % 2 != parity:
                for place in row.places:
                    counts[place] += 1
        best = sorted(range(BINS), key=lambda place: -counts[place])
        for row in rows:
            if row.seed % 2 == parity:
                order = sorted(range(row.steps), key=lambda step: (best.index(step * BINS // row.steps), step))
                at = [n for n, step in enumerate(order, start=1) if step * BINS // row.steps in row.places]
                row.ranks["position prior"] = at[len(at) // 2] if at else None


def separability(failing: Sequence[Row], passing: Sequence[Row]) -> float:
    """The chance that a failing run has more decisions than a passing one, ties counted half: 0.5 says that length tells nothing."""
    won = sum((one.steps > other.steps) + (one.steps == other.steps) / 2 for one in failing for other in passing)
    return won / max(1, len(failing) * len(passing))


def worth(detector: str, failing: Sequence[Row], passing: Sequence[Row]) -> float:
    """How many bits likelier the detector is to blame the operation that went wrong than another step of any run."""
    right = sum(row.fired.get(detector, False) for row in failing)
    elsewhere = sum(row.elsewhere.get(detector, 0) for row in (*failing, *passing))
    others = sum(row.steps for row in (*failing, *passing))
    return math.log2((right + 0.5) / (len(failing) + 1) / ((elsewhere + 0.5) / (others + 1)))


@dataclass(frozen=True, slots=True)
class SuspectList:
    """The shortest list that holds the operation in nine runs of ten: its length is set on one half, measured on the other."""

    bits: float
    """How far behind the first hypothesis a suspect may be."""
    size: float
    """Mean length."""
    covered: Share


def suspect_list(rows: Sequence[Row], coverage: float = 0.9) -> SuspectList:
    """Split-conformal: even seeds calibrate, odd ones are measured. Operations no hypothesis names count as infinitely far."""
    calibration = sorted(math.inf if row.behind is None else row.behind for row in rows if row.seed % 2 == 0)
    measured = [row for row in rows if row.seed % 2]
    index = math.ceil((len(calibration) + 1) * coverage) - 1
    bits = calibration[index] if index < len(calibration) else math.inf
    sizes = [sum(row.scores[0] - score <= bits for score in row.scores) for row in measured]
    covered = share(measured, lambda row: float(row.behind is not None and row.behind <= bits))
    return SuspectList(bits, sum(sizes) / max(1, len(sizes)), covered)
