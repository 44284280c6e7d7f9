"""Diagnoses the runs that have no diagnosis of their present state, and keeps the results beside the runs.

Only this process asks the store; with several workers, other processes are handed the runs and hand the diagnoses back. What
is done is saved portion by portion, so that after a kill the next call goes on where this one stopped.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from whyspan_analysis.diagnose import ANALYSIS_VERSION, build_case
from whyspan_analysis.firing import Rates, measure, outdated, worth
from whyspan_analysis.load import load_run, load_runs
from whyspan_analysis.model import Diagnosis, Status
from whyspan_analysis.portion import (
    Portion,
    diagnose_portion,
    diagnosed,
    diagnoses_table,
    read_portions,
    seldom_collecting,
)
from whyspan_analysis.same_task import passing_runs
from whyspan_analysis.task import task_id
from whyspan_collector.portions import portions

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore  # which needs duckdb: workers do without

_NEVER_NS: Final = 2**63 - 1
_WAITING: Final = 2
"""Portions handed out per worker, one in work and one waiting: each takes some 50 MB on its way."""


def diagnose_pending(
    store: "AnyStore",
    *,
    settled_before_ns: int | None = None,
    since_ns: int | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Diagnoses every settled run that has no diagnosis of its present state, and saves the results.

    Args:
        store: where the runs are and the diagnoses go.
        settled_before_ns: runs of which something arrived later, by our clock, are left for another time; None takes all.
        since_ns: runs that started earlier are left out, nanoseconds since the epoch; None takes all.
        workers: processes that diagnose; 1 is this one.
        progress: called with the number of runs done and of runs to do.

    Returns:
        How many runs were diagnosed.
    """
    before = _NEVER_NS if settled_before_ns is None else settled_before_ns
    pending = store.query(
        "undiagnosed", settled_before_ns=before, since_ns=since_ns, analysis_version=ANALYSIS_VERSION
    ).to_pylist()
    if not pending:
        return 0
    agents = {row["agent"] for row in pending}
    known = measure(store, agents)
    failed = _diagnose(store, pending, known, workers, progress)
    rates = measure(store, agents)  # these runs count as well now; what that changes for failed ones is made anew
    changed = {agent for agent in agents if worth(known, agent) != worth(rates, agent)}
    weighed_otherwise = outdated(store, changed, rates, ANALYSIS_VERSION) if changed else []
    _diagnose_again(store, failed, weighed_otherwise, rates, workers)
    return len(pending)


def diagnose_run(store: "AnyStore", run_id: str) -> Diagnosis:
    """The diagnosis of one run as it is stored now; outcome unknown, with the reason, where the analysis fails on it."""
    [row] = store.query("run", run_id=run_id).to_pylist() or [{"agent": None, "name": ""}]
    agent = row["agent"] or row["name"]
    firing = measure(store, [agent]).get(agent, {})
    with seldom_collecting():
        run, diagnosis = diagnosed(run_id, lambda: load_run(store, run_id), firing)
        if run is None or diagnosis.outcome.status is not Status.FAILED:
            return diagnosis
        found = passing_runs(store, [{"run_id": run_id, "task": task_id(run)}]).get(run_id, [])
        beside = load_runs(store, [other for other, _ in found]) if found else {}
        return diagnosed(run_id, lambda: run, firing, lambda: [build_case(beside[other]) for other, _ in found])[1]


def _diagnose_again(
    store: "AnyStore",
    failed: list[dict[str, Any]],
    weighed_otherwise: list[dict[str, Any]],
    rates: Rates,
    workers: int,
) -> None:
    """Diagnoses failed runs beside passing ones of their task, which are known only now; and those whose findings weigh otherwise.

    A passing run that comes later changes no diagnosis: a failed run is held beside those that were there when it was diagnosed.
    """
    rows = {row["run_id"]: row for row in (*failed, *weighed_otherwise)}
    found = passing_runs(store, list(rows.values()))
    changed = {row["run_id"] for row in weighed_otherwise}
    chosen = [
        _held_beside(row, found.get(run_id, [])) for run_id, row in rows.items() if run_id in changed | found.keys()
    ]
    _diagnose(store, chosen, rates, workers, None)


def _held_beside(row: dict[str, Any], others: list[tuple[str, int]]) -> dict[str, Any]:
    """The row with the runs it is held beside, and with their spans, which are read as well."""
    return {**row, "beside": [other for other, _ in others], "spans": row["spans"] + sum(count for _, count in others)}


def _diagnose(
    store: "AnyStore",
    rows: list[dict[str, Any]],
    rates: Rates,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[dict[str, Any]]:
    """Diagnoses the runs of these rows, beside those in `beside`, and saves the results; returns the rows of those that failed, with their task."""
    firing = {row["run_id"]: rates[row["agent"]] for row in rows if row["agent"] in rates}
    beside = {row["run_id"]: row["beside"] for row in rows if "beside" in row}
    read = (
        each
        for some in portions(rows)
        for each in read_portions(store, {row["run_id"]: row["revision"] for row in some}, firing, beside)
    )
    done = 0
    tasks: dict[str, str | None] = {}
    for found in _in_parallel(read, workers) if workers > 1 and len(rows) > 1 else map(diagnose_portion, read):
        store.save_diagnoses(diagnoses_table(found))
        done += len(found)
        if progress is not None:
            progress(done, len(rows))
        tasks.update((each["run_id"], each.get("task")) for each in found if each["outcome"] == Status.FAILED)
    return [{**row, "task": tasks[row["run_id"]]} for row in rows if row["run_id"] in tasks]


def _in_parallel(read: Iterator[Portion], workers: int) -> Iterator[list[dict[str, Any]]]:
    """The diagnoses of portions in the order they are done; the next portion is read when a worker is free for it."""
    # Spawned, because a copy of this process would hold its database and its threads.
    with ProcessPoolExecutor(workers, get_context("spawn"), _end_with, (os.getpid(),)) as pool:
        waiting: set[Future[list[dict[str, Any]]]] = set()
        try:
            for portion in read:
                waiting.add(pool.submit(diagnose_portion, portion))
                if len(waiting) >= workers * _WAITING:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with(parent: int) -> None:
    """Ends a worker soon after the process that started it: killed, that could not tell it to."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
