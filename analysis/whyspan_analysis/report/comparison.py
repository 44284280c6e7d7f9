"""Two periods, or two versions, side by side: which causes are new, worse, better, gone or back."""

from collections.abc import Mapping
from typing import Final, Literal

import polars as pl

from whyspan_analysis.incidents.build import Period
from whyspan_analysis.incidents.model import Incident
from whyspan_analysis.incidents.statistics import corrected, fisher
from whyspan_analysis.report.model import ComparedCause, Comparison, Side

SURE: Final = 0.05
"""The largest q of what is called worse, better or gone: of twenty such words one may be chance."""
LIFT: Final = 1.5
"""A rate that changed by less is called steady: with many runs the smallest difference is significant."""
FEWEST: Final = 20
"""Runs of the agents concerned on a side, below which nothing but what is new and what is back is said."""

Verdict = Literal["new", "back", "worse", "better", "gone", "steady", "too few runs"]


def compare_runs(
    before: pl.DataFrame, after: pl.DataFrame, names: tuple[str, str], incidents: Mapping[str, Incident], period: Period
) -> Comparison:
    """The comparison of two frames of `read_runs`.

    Args:
        before: the runs of the first side.
        after: those of the second.
        names: what the sides are called.
        incidents: those of both sides by id, for their titles and whether they reopened.
        period: what the incidents were built from; a cause is new if no run before the second side ever had it.
    """
    start = after.select(pl.col("at_ns").cast(pl.Int64, strict=False).min()).item() if after.height else None
    counted = []
    for incident in incidents.values():
        agents = pl.col("agent").is_in([*incident.agents, *([] if incident.agents else [None])], nulls_equal=True)
        sides = [runs.filter(agents) for runs in (before, after)]
        (was, of_was), (is_, of_is) = ((_count(side, incident.id), side.height) for side in sides)
        worse = fisher(is_, of_is - is_, was, of_was - was) if of_is and of_was else 1.0
        better = fisher(was, of_was - was, is_, of_is - is_) if of_is and of_was else 1.0
        counted.append((incident, (was, of_was, is_, of_is), min(worse, better) if was or is_ else 1.0))
    q_values = corrected([min(1.0, 2 * p) for *_, p in counted])
    lines = [
        ComparedCause(
            incident=incident.id,
            title=incident.title,
            verdict=_verdict(incident, counts, q, new=_is_new(incident.id, period, start, counts)),
            failed_before=counts[0],
            runs_before=counts[1],
            failed_after=counts[2],
            runs_after=counts[3],
            q=q,
        )
        for (incident, counts, _), q in zip(counted, q_values, strict=True)
        if counts[0] or counts[2]
    ]
    order = {
        verdict: place
        for place, verdict in enumerate(("back", "new", "worse", "gone", "better", "too few runs", "steady"))
    }
    lines.sort(key=lambda line: (order[line.verdict], -line.failed_after, -line.failed_before, line.incident))
    return Comparison(before=_side(names[0], before), after=_side(names[1], after), causes=lines)


def _count(runs: pl.DataFrame, incident: str) -> int:
    return runs.filter(pl.col("incident") == incident).height


def _is_new(incident: str, period: Period, start: int | None, counts: tuple[int, int, int, int]) -> bool:
    first = period.known[incident].first_ns
    return counts[0] == 0 and counts[2] > 0 and start is not None and first >= start


def _verdict(incident: Incident, counts: tuple[int, int, int, int], q: float, *, new: bool) -> Verdict:
    was, of_was, is_, of_is = counts
    if is_ and incident.reopened is not None:
        return "back"
    if new:
        return "new"
    if min(of_was, of_is) < FEWEST:
        return "too few runs"
    rate, earlier = is_ / of_is, was / of_was
    if q <= SURE and rate >= LIFT * earlier:
        return "worse"
    if q <= SURE and earlier >= LIFT * rate:
        return "better" if is_ else "gone"
    return "steady"


def _side(name: str, runs: pl.DataFrame) -> Side:
    failed = runs.filter(pl.col("outcome") == "failed")
    costs = failed["cost"].drop_nulls()
    return Side(
        name=name, runs=runs.height, failed=failed.height, cost_of_failed=float(costs.sum()) if len(costs) else None
    )
