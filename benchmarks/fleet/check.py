"""What is made of the fleet, held against the truth: whether causes are told apart, named the same again, dated and called rightly."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from benchmarks.fleet.agreement import adjusted_rand
from benchmarks.fleet.causes import CAUSES, VERSIONS, Cause
from benchmarks.fleet.generate import Truth

Found = Mapping[str, tuple[str, str | None]]
"""Trace id -> outcome and signature."""


def separation(truth: Mapping[str, Truth], found: Found) -> list[str]:
    """How far the signatures are the causes, and what became of each cause."""
    failed = [each for each in truth.values() if each.cause and found.get(each.trace_id, ("", None))[1]]
    causes, signatures = [each.cause for each in failed], [found[each.trace_id][1] for each in failed]
    missed = sum(each.cause is not None and found.get(each.trace_id, ("",))[0] != "failed" for each in truth.values())
    alarmed = sum(each.cause is None and found.get(each.trace_id, ("",))[0] == "failed" for each in truth.values())
    lines = [
        f"{len(truth)} runs, {len(found)} found; {len(failed)} failed of {len(CAUSES)} causes; {missed} failures missed, {alarmed} passing runs called failed",
        f"signatures {len(set(signatures))}; adjusted Rand index {adjusted_rand(causes, signatures):.3f}",
    ]
    of = _signatures(truth, found)
    shared = Counter(signature for counts in of.values() for signature in counts)
    for cause in CAUSES:
        counts = of[cause.name].most_common(3)
        total = of[cause.name].total()
        kept = ", ".join(f"{count}{' (shared)' if shared[signature] > 1 else ''}" for signature, count in counts)
        lines.append(f"  {cause.name}: {total} runs, largest signatures {kept}")
    return lines


def main_signature(truth: Mapping[str, Truth], found: Found) -> dict[str, str]:
    """Cause -> the signature most of its runs have."""
    return {cause: counts.most_common(1)[0][0] for cause, counts in _signatures(truth, found).items() if counts}


def _signatures(truth: Mapping[str, Truth], found: Found) -> dict[str, Counter[str]]:
    of: dict[str, Counter[str]] = defaultdict(Counter)
    for each in truth.values():
        signature = found.get(each.trace_id, ("", None))[1]
        if each.cause and signature:
            of[each.cause][signature] += 1
    return of


def kept(one: Found, other: Found) -> str:
    """Of the runs that failed in both, how many have the same signature; and how many outcomes are the same."""
    shared = one.keys() & other.keys()
    failed = [trace_id for trace_id in shared if one[trace_id][1] and other[trace_id][1]]
    same = sum(one[trace_id][1] == other[trace_id][1] for trace_id in failed)
    outcomes = sum(one[trace_id][0] == other[trace_id][0] for trace_id in shared)
    return f"{same} of {len(failed)} failed runs keep their signature ({same / max(len(failed), 1):.3f}); {outcomes} of {len(shared)} outcomes the same"


def versions(incidents: list[dict[str, Any]], signature_of: Mapping[str, str]) -> list[str]:
    """Whether the version each cause came in with is named."""
    by_signature = {signature: each for each in incidents for signature in each["signatures"]}
    lines, right = [], 0
    for cause in CAUSES:
        incident = by_signature.get(signature_of.get(cause.name, ""))
        named = incident["introduced_in"] and incident["introduced_in"]["version"] if incident else "no incident"
        right += named == cause.came_in
        lines.append(f"  {cause.name}: came in with {cause.came_in or 'the first'}, named {named or 'none'}")
    return [f"version named rightly for {right} of {len(CAUSES)} causes", *lines]


def expected(cause: Cause, older: str, newer: str, *, fixed: frozenset[str]) -> str | None:
    """What the report should say of a cause between two versions; None where it happens in neither."""
    was, now = (cause.rates[VERSIONS.index(version)] for version in (older, newer))
    if now and cause.name in fixed:
        return "back"
    if now and not was:
        return "new" if not any(cause.rates[: VERSIONS.index(newer)]) else "worse"
    if was and not now:
        return "gone"
    if not was:
        return None
    return "worse" if now > 1.5 * was else "better" if was > 1.5 * now else "steady"


def words(
    comparison: dict[str, Any], signature_of: Mapping[str, str], older: str, newer: str, fixed: frozenset[str]
) -> list[str]:
    """Whether the report calls every cause what it is."""
    said = {cause["incident"]: cause["verdict"] for cause in comparison["causes"]}
    lines, right, total = [], 0, 0
    for cause in CAUSES:
        if (should := expected(cause, older, newer, fixed=fixed)) is not None:
            verdict = said.get(signature_of.get(cause.name, ""), "nothing")
            right, total = right + (verdict == should), total + 1
            if verdict != should:
                lines.append(f"  {cause.name}: is {should}, called {verdict}")
    return [f"version {older} to {newer}: {right} of {total} causes called rightly", *lines]
