"""The order of versions, and in which of them a cause came in."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from whyspan_analysis.incidents.statistics import fisher
from whyspan_collector.service import AnyStore

SURE: Final = 0.01
"""The largest p at which a version is named as the one a cause came in with."""
_RARE: Final = 0.2
"""The cause was at most so often as frequent before: a version that merely makes something worse did not bring it."""
_NUMBERS: Final = re.compile(r"v?(\d+(?:\.\d+)*)", re.IGNORECASE)


@dataclass(slots=True)
class Versions:
    """Which version of an agent first ran when."""

    first_ns: dict[tuple[str | None, str], int] = field(default_factory=dict)

    def reaches(self, agent: str | None, version: str, fix: str, fixed_ns: int) -> bool:
        """True when a version holds the fix, by what can be known: it is that version or a later one.

        Later is a larger number where both are numbers, else a later first run. Of a fix whose version never ran, versions
        that first ran after it was recorded are taken for later ones.
        """
        if version == fix:
            return True
        own, of_fix = _NUMBERS.fullmatch(version), _NUMBERS.fullmatch(fix)
        if own and of_fix:
            return _numbers(own) >= _numbers(of_fix)
        started = self.first_ns.get((agent, version))
        return started is not None and started >= self.first_ns.get((agent, fix), fixed_ns)

    def ordered(self, agent: str | None) -> list[str]:
        """The versions of an agent in the order they first ran."""
        return sorted(
            (version for of, version in self.first_ns if of == agent), key=lambda each: self.first_ns[agent, each]
        )


def read_versions(store: AnyStore) -> Versions:
    """The versions in a store."""
    rows = store.query("versions").to_pylist()
    return Versions({(row["agent"], row["version"]): row["first_ns"] for row in rows})


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    numbers = [int(number) for number in match[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class OfVersion:
    """How often an incident happened in one version."""

    version: str
    failed: int
    runs: int


@dataclass(frozen=True, slots=True)
class Onset:
    """The version a cause came in with."""

    version: str
    failed_before: int
    runs_before: int
    failed_since: int
    runs_since: int
    p: float


def onset(versions: Sequence[OfVersion]) -> Onset | None:
    """The version before which a cause was next to absent; None where it was there all along or the runs are too few to tell.

    Of all ways to cut the versions in two (oldest first), the one that separates best by Fisher's exact test, with p times
    the number of cuts at most `SURE`.
    """
    best: Onset | None = None
    for cut in range(1, len(versions)):
        before, since = versions[:cut], versions[cut:]
        failed, runs = sum(each.failed for each in before), sum(each.runs for each in before)
        failed_since, runs_since = sum(each.failed for each in since), sum(each.runs for each in since)
        if not since[0].failed or failed / max(runs, 1) > _RARE * failed_since / max(runs_since, 1):
            continue
        p = fisher(failed_since, runs_since - failed_since, failed, runs - failed) * (len(versions) - 1)
        if p <= SURE and (best is None or p < best.p):
            best = Onset(since[0].version, failed, runs, failed_since, runs_since, p)
    return best


def by_version(counts: Iterable[Mapping[str, Any]], order: Sequence[str]) -> list[OfVersion]:
    """Rows of (version, failed, runs) in this order; versions that did not run are left out."""
    of: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in counts:
        of[row["version"]][0] += row["failed"]
        of[row["version"]][1] += row["runs"]
    return [OfVersion(version, *of[version]) for version in order if version in of]
