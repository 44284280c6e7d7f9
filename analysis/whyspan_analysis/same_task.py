"""Which passing runs a failed run is held beside: those of the same agent and the same task that are nearest in time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

MOST: Final = 5
"""Passing runs beside each: on injected faults three and two are worth nearly as much; see docs/benchmarks.md."""
MOST_SPANS: Final = 20_000
"""Spans of them together: what is read of a run's siblings takes no longer than the largest run itself."""
_AT_ONCE: Final = 200
"""Runs asked for with one query: a task may have 10,000 passing runs, all of which it ranks by time for each."""


def passing_runs(store: "AnyStore", rows: Sequence[dict[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    """Run id -> the (run id, spans) of passing runs of its task; runs without any are left out.

    Args:
        store: where they are.
        rows: the runs, with `run_id` and `task` as in `diagnoses`.
    """
    known = [row for row in rows if row["task"] is not None]
    found: dict[str, list[tuple[str, int]]] = {}
    for start in range(0, len(known), _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        run_ids, tasks = [row["run_id"] for row in some], [row["task"] for row in some]
        for row in store.query("same_task", run_ids=run_ids, tasks=tasks, limit=MOST).to_pylist():
            beside = found.setdefault(row["of_run"], [])
            if sum(spans for _, spans in beside) + row["spans"] <= MOST_SPANS:
                beside.append((row["run_id"], row["spans"]))
    return {run_id: beside for run_id, beside in found.items() if beside}
