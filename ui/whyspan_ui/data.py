"""The dashboard's only door to the store and the analysis.

Every question opens the store and lets go of it again: a collector may start, stop or move while the dashboard runs, and
without one the file stays free for the next command. What is expensive is kept by (run id, revision), so it is never stale.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import load_run
from whyspan_analysis.model import Diagnosis, Run
from whyspan_analysis.report.build import build
from whyspan_analysis.report.model import Report
from whyspan_collector.coverage import Coverage, coverage
from whyspan_collector.filter import parse
from whyspan_collector.service import open_store

_WITH_EXCERPTS = 50
"""Runs of which the words around a hit are shown; each takes a search of its own."""
_RUNS_KEPT = 8
"""Loaded runs kept in memory; one of 20,000 spans takes about 100 MB."""


@dataclass(frozen=True, slots=True)
class Investigation:
    """A run with everything known about it."""

    row: dict[str, Any]
    """The run's row of the query `run`."""
    run: Run
    diagnosis: Diagnosis

    @property
    def revision(self) -> str:
        """Changes whenever a span or log of the run does."""
        return str(self.row["revision"])


def data_dir() -> Path:
    """The data folder: `WHYSPAN_DATA`, else `.whyspan`."""
    return Path(os.environ.get("WHYSPAN_DATA", ".whyspan"))


def runs() -> pa.Table:
    """All runs with their diagnosis, newest first (query `runs`)."""
    return _ask("runs")


def matching(text: str) -> dict[str, str | None]:
    """The runs a filter (docs/filter.md) holds for, each with the words around what it searches for, where it does.

    Raises:
        FilterError: the text is no filter.
    """
    parse(text)
    with closing(open_store(data_dir())) as store:
        found: dict[str, str | None] = dict.fromkeys(store.query("runs", filter=text)["run_id"].to_pylist())
        for each in reversed(store.excerpts(text, list(found)[:_WITH_EXCERPTS])):
            found[each.run_id] = f"{each.before}{each.hit}{each.after}"
    return found


def investigation(reference: str) -> Investigation | None:
    """The run this id, trace id or prefix means; None where it means no run or several."""
    folder = data_dir()
    with closing(open_store(folder)) as store:
        found = store.query("resolve_run", reference=reference).to_pylist()
        rows = store.query("run", run_id=found[0]["run_id"]).to_pylist() if len(found) == 1 else []
    if not rows:
        return None
    return Investigation(rows[0], *_loaded(folder, rows[0]["run_id"], rows[0]["revision"]))


def status() -> dict[str, Any]:
    """What the store holds and what became of everything that came in."""
    with closing(open_store(data_dir())) as store:
        return store.status()


def sources() -> pa.Table:
    """Of how many spans what is known, by service, scope and vocabulary (query `coverage`)."""
    return _ask("coverage")


def instrumentations() -> list[Coverage]:
    """What the newest spans of each instrumentation fill and what is unknown in them."""
    with closing(open_store(data_dir())) as store:
        return coverage(store.query)


def _ask(name: str, **parameters: Any) -> pa.Table:
    with closing(open_store(data_dir())) as store:
        return store.query(name, **parameters)


@lru_cache(maxsize=_RUNS_KEPT)
def _loaded(folder: Path, run_id: str, revision: str) -> tuple[Run, Diagnosis]:  # noqa: ARG001 - part of the key
    with closing(open_store(folder)) as store:
        run = load_run(store, run_id)
    return run, diagnose(run)


def report(folder: Path, run_url: Callable[[str], str]) -> Report:
    """The batch report over all runs of a data folder; `run_url` gives the address of a run in this dashboard."""
    with closing(open_store(folder)) as store:
        return build(store, run_url=run_url)
