"""The passing run to hold a failed one beside, where nobody named one: the same agent's, of the same task if there is one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from whyspan_analysis.load import load_runs
from whyspan_analysis.model import Run
from whyspan_analysis.task import task
from whyspan_collector.portions import portions

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

CANDIDATES: Final = 25
"""Passing runs looked at, the nearest in time: each is read whole, some 1,000 spans a second."""
SPANS: Final = 2_000
"""Spans read to find two runs of one task; the last failed run looked at may take more."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """A passing run and why it was taken."""

    run: Run
    because: str
    same_task: bool


def nearest_passing(store: "AnyStore", run: Run) -> Sibling | None:
    """The passing run that is most like this one; None where its agent has none.

    A run with the same task is preferred, then one that took the same steps, then the nearest in time.
    """
    rows = store.query("siblings", run_id=run.run_id, limit=CANDIDATES).to_pylist()
    asked, steps = task(run), _steps(run)
    best: tuple[bool, float] = (False, -1.0)
    found: Run | None = None
    for some in portions(rows):
        loaded = load_runs(store, [row["run_id"] for row in some])
        for other in (loaded[row["run_id"]] for row in some if row["run_id"] in loaded):
            likeness = (asked is not None and task(other) == asked, _overlap(steps, _steps(other)))
            if likeness > best:
                best, found = likeness, other
    if found is None:
        return None
    if best[0]:
        return Sibling(found, "a passing run of the same agent with the same task", same_task=True)
    others = "the one passing run of the agent has another task" if len(rows) == 1 else ""
    because = (
        others or f"none of {len(rows)} passing runs of the agent has the same task; this one's steps are most alike"
    )
    return Sibling(found, because, same_task=False)


def pair_of_one_task(store: "AnyStore", failed: Iterable[str]) -> str | None:
    """The first of these failed runs that has a passing one of the same task; None where no such pair was found in `SPANS`."""
    read = 0
    for run_id in failed:
        beside = store.query("siblings", run_id=run_id, limit=CANDIDATES)["spans"].to_pylist()
        if not beside:
            continue
        if read > SPANS:
            return None
        read += sum(beside)
        sibling = nearest_passing(store, load_runs(store, [run_id])[run_id])
        if sibling is not None and sibling.same_task:
            return run_id
    return None


def _steps(run: Run) -> Counter[tuple[str, str | None, str | None]]:
    return Counter((span.kind.value, span.agent, span.tool) for span in run.spans)


def _overlap(
    one: Counter[tuple[str, str | None, str | None]], other: Counter[tuple[str, str | None, str | None]]
) -> float:
    return (one & other).total() / max(1, (one | other).total())
