"""Incidents that may be one, proposed to a person with the reason. Nothing is ever merged without one."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import polars as pl

from whyspan_analysis.incidents.ledger import Ledger
from whyspan_analysis.incidents.model import Incident, Proposal

SIMILAR: Final = 0.7
"""Jaccard index from which two incidents are proposed: three of their parts may differ by a word, or one by all of it."""
MOST: Final = 10
"""Proposals at once: a person looks at each."""
_SWAPPED: Final = 0.5
"""Share of one incident's runs of which the other is the second-best explanation, from which the two are proposed."""
_LOOKED_AT: Final = 300
"""The most frequent incidents that are compared with each other."""
_TEXTS: Final = ("error", "question")
_WORDS: Final = {
    "anchor": "how the failure shows",
    "detector": "the finding",
    "kind": "the kind of step",
    "agent": "the agent",
    "tool": "the tool",
    "error": "the error",
    "question": "the question",
    "choice": "the choice",
    "origin": "where it began",
}


def proposals(incidents: Sequence[Incident], runs: pl.DataFrame, ledger: Ledger) -> list[Proposal]:
    """Pairs of incidents that look alike, the more alike first; never a pair somebody keeps apart."""
    second = _second_best(runs, ledger)
    found = []
    for one, other in combinations(incidents[:_LOOKED_AT], 2):
        if one.parts.detector is None or other.parts.detector is None or ledger.kept_apart(one.id, other.id):
            continue
        similarity = _jaccard(_features(one), _features(other))
        swapped = max(second.get((one.id, other.id), 0) / one.runs, second.get((other.id, one.id), 0) / other.runs)
        if similarity >= SIMILAR or swapped >= _SWAPPED:
            reason = f"They differ in {_difference(one, other)} only."
            if similarity < SIMILAR:
                reason = f"In {swapped:.0%} of the runs of one, the other is the second-best explanation."
            proposal = Proposal(incident=one.id, other=other.id, similarity=round(similarity, 3), reason=reason)
            found.append((-similarity, -one.runs - other.runs, one.id, other.id, proposal))
    return [proposal for *_, proposal in sorted(found)[:MOST]]


def _second_best(runs: pl.DataFrame, ledger: Ledger) -> dict[tuple[str, str], int]:
    """(incident, the incident of the second-best explanation) -> runs."""
    pairs = runs.filter(pl.col("incident").is_not_null() & pl.col("alias").is_not_null())
    counted: dict[tuple[str, str], int] = {}
    for incident, alias, count in pairs.group_by("incident", "alias").len().iter_rows():
        pair = incident, ledger.incident(alias)
        counted[pair] = counted.get(pair, 0) + count
    return counted


def _features(incident: Incident) -> set[tuple[str, str]]:
    return set(_parts(incident))


def _parts(incident: Incident) -> Iterator[tuple[str, str]]:
    for name in _WORDS:
        value = getattr(incident.parts, name)
        if name in _TEXTS:
            yield from ((name, word) for word in (value or "").split())
        yield name, str(value) if name not in _TEXTS else str(value is None)


def _jaccard(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> float:
    return len(one & other) / len(one | other)


def _difference(one: Incident, other: Incident) -> str:
    differing = [
        f"{words} (“{getattr(one.parts, name) or 'none'}” and “{getattr(other.parts, name) or 'none'}”)"
        for name, words in _WORDS.items()
        if getattr(one.parts, name) != getattr(other.parts, name)
    ]
    return " and ".join(differing)
