"""The dashboard's only door to the store and the analysis.

The store is open while somebody asks, and let go of then: a collector may start, stop or move while the dashboard runs, and
without one the file stays free for the next command. What is expensive is kept by (run id, revision), so it is never stale.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pyarrow as pa

from whyspan.model import Decision
from whyspan.rules.rule import RuleStatus
from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.case import Case
from whyspan_analysis.compare import Comparison, compare, siblings
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.incidents.alarms import read_alarms
from whyspan_analysis.incidents.build import build as build_incidents
from whyspan_analysis.incidents.build import read_period
from whyspan_analysis.incidents.model import IncidentsDocument
from whyspan_analysis.load import Body, load_bodies, load_outline, load_run
from whyspan_analysis.model import Diagnosis, Grade, Outcome, Run, Status
from whyspan_analysis.report.build import build
from whyspan_analysis.report.model import Report
from whyspan_analysis.rules.propose import Proposal, Rejected
from whyspan_analysis.rules.proposing import MEASURED_ON, keep_proposals, propose_from
from whyspan_analysis.rules.stored import kept_rules, past_runs, set_status
from whyspan_analysis.stored import stored_diagnosis
from whyspan_collector.annotations import Annotation
from whyspan_collector.coverage import Coverage, coverage
from whyspan_collector.filter import parse
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.records import Content
from whyspan_collector.service import AnyStore, open_store

_WITH_EXCERPTS: Final = 50
"""Runs of which the words around a hit are shown; each takes a search of its own."""
RUNS_KEPT: Final = 8
"""Outlines of runs kept in memory; one of 20,000 spans takes about 30 MB."""
_PAIRED: Final = 50
"""Failed runs, the newest, among which one is looked for that has a passing one of its task."""
_CASES_KEPT: Final = 4
"""Whole runs kept in memory; one of 20,000 spans takes about 200 MB."""
_DIAGNOSED_HERE: Final = 2_000
"""Spans up to which a run without a stored diagnosis, such as one that is still running, is diagnosed while the page waits."""
_NOT_YET: Final = "The run is not diagnosed yet: the worker does so when no span has come for some seconds."


@dataclass(frozen=True, slots=True)
class Investigation:
    """A run with everything known about it but what its spans carried; `bodies` reads that."""

    row: dict[str, Any]
    """The run's row of the query `run`."""
    run: Run
    """Its outline; `contents` has the recorded decisions only."""
    diagnosis: Diagnosis

    @property
    def revision(self) -> str:
        """Changes whenever a span, log or the stored diagnosis of the run does."""
        return revision(self.row)


def data_dir() -> Path:
    """The data folder: `WHYSPAN_DATA`, else `.whyspan`."""
    return Path(os.environ.get("WHYSPAN_DATA", ".whyspan"))


class _Shared:
    """One open store for all threads of this process: a database file can be opened once only."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[Path, tuple[AnyStore, int]] = {}
        """Folder -> its store and how many use it."""

    def take(self, folder: Path) -> AnyStore:
        with self._lock:
            store, users = self._open.get(folder) or (open_store(folder), 0)
            self._open[folder] = store, users + 1
            return store

    def give_back(self, folder: Path) -> None:
        with self._lock:
            store, users = self._open.pop(folder)
            if users > 1:
                self._open[folder] = store, users - 1
            else:
                store.close()


_shared: Final = _Shared()


@contextmanager
def opened(folder: Path | None = None) -> Iterator[AnyStore]:
    """The store of a folder, by default that of the dashboard; open at least until the end of the block."""
    folder = folder or data_dir()
    store = _shared.take(folder)
    try:
        yield store
    finally:
        _shared.give_back(folder)


def runs() -> pa.Table:
    """All runs with their diagnosis, newest first (query `runs`)."""
    return _ask("runs")


def fleet(filter_text: str) -> pa.Table:
    """The runs a filter holds for with their diagnoses, oldest first, as `fleet.with_times` takes them.

    Raises:
        FilterError: the text is no filter.
    """
    parse(filter_text)
    return _ask("diagnoses", filter=filter_text)


def incidents(filter_text: str) -> IncidentsDocument:
    """The incidents of the runs a filter holds for, and what is not as it was in the last day."""
    with opened() as store:
        return build_incidents(read_period(store, filter_text=filter_text), alarms=read_alarms(store, time.time_ns()))


def rows(filter_text: str, limit: int) -> list[dict[str, Any]]:
    """The newest runs a filter holds for, with their diagnoses (query `runs`)."""
    found: list[dict[str, Any]] = _ask("runs", filter=filter_text, limit=limit).to_pylist()
    return found


def newest(filter_text: str, limit: int = 1) -> list[str]:
    """The ids of the newest runs a filter holds for."""
    return [str(run_id) for run_id in _ask("runs", filter=filter_text, limit=limit)["run_id"].to_pylist()]


def matching(text: str) -> dict[str, str | None]:
    """The runs a filter (docs/filter.md) holds for, each with the words around what it searches for, where it does.

    Raises:
        FilterError: the text is no filter.
    """
    parse(text)
    with opened() as store:
        found: dict[str, str | None] = dict.fromkeys(store.query("runs", filter=text)["run_id"].to_pylist())
        for each in reversed(store.excerpts(text, list(found)[:_WITH_EXCERPTS])):
            found[each.run_id] = f"{each.before}{each.hit}{each.after}"
    return found


def investigation(reference: str) -> Investigation | None:
    """The run this id, trace id or prefix means; None where it means no run or several."""
    folder = data_dir()
    with opened(folder) as store:
        found = store.query("resolve_run", reference=reference).to_pylist()
        rows = store.query("run", run_id=found[0]["run_id"]).to_pylist() if len(found) == 1 else []
    if not rows:
        return None
    row = rows[0]
    return Investigation(row, *_outline(folder, row["run_id"], revision(row), row["spans"]))


def revision(row: dict[str, Any]) -> str:
    """The state of a run and of its stored diagnosis."""
    return f"{row['revision']}-{row['analysis_version'] or 'undiagnosed'}"


def state(run_id: str) -> str | None:
    """The revision a run has by now; None when it is gone."""
    rows = _ask("run", run_id=run_id).to_pylist()
    return revision(rows[0]) if rows else None


def pulse() -> tuple[int, ...]:
    """Changes with every record and diagnosis that is stored. The cheapest question there is."""
    return tuple(_ask("totals").to_pylist()[0].values())


def bodies(run_id: str, span_ids: list[str]) -> dict[str, Body]:
    """Some spans of a run whole, by id."""
    with opened() as store:
        return load_bodies(store, run_id, span_ids)


def saying(run_id: str, words: str) -> list[str]:
    """The ids of the spans of a run that say these words, the last of which may be the beginning of one."""
    pieces = re.findall(r"\w+", words)
    if not pieces:
        return []
    wanted = " ".join([f"run:{run_id}", *(f"text:{word}" for word in pieces[:-1]), f"text:{pieces[-1]}*"])
    return [str(span_id) for span_id in _ask("spans", span_filter=wanted)["span_id"].to_pylist()]


def annotate(annotation: Annotation) -> None:
    """Keeps what a person says about the diagnosis of a run."""
    with opened() as store:
        store.annotate(annotation)


def record_incident_event(event: IncidentEvent) -> None:
    """Keeps what a person did about an incident."""
    with opened() as store:
        store.record_incident_event(event)


def annotations(run_id: str | None = None) -> list[dict[str, Any]]:
    """What people said about the diagnosis of a run, or of all, newest first."""
    said: list[dict[str, Any]] = _ask("annotations", run_id=run_id).to_pylist()
    return said


def case(found: Investigation) -> Case:
    """The run read whole, with its steps, decisions and values: seconds for 20,000 spans, so only for who asks why."""
    return _case(data_dir(), found.run.run_id, found.revision)


@lru_cache(maxsize=_CASES_KEPT)
def _case(folder: Path, run_id: str, state: str) -> Case:  # noqa: ARG001 - part of the key
    with opened(folder) as store:
        return build_case(load_run(store, run_id))


def nearest_passing(found: Investigation) -> tuple[str, str] | None:
    """The id of the passing run that is most like this one, and why it was taken; None where its agent has none."""
    with opened() as store:
        sibling = siblings.nearest_passing(store, case(found).run)
    return (sibling.run.run_id, sibling.because) if sibling is not None else None


def pair_of_one_task() -> str | None:
    """The newest failed run that has a passing one of the same task, among some; None where there is none."""
    return _pair_of_one_task(data_dir(), pulse())


@lru_cache(maxsize=1)
def _pair_of_one_task(folder: Path, state: tuple[int, ...]) -> str | None:  # noqa: ARG001 - part of the key
    with opened(folder) as store:
        failed = store.query("runs", filter="status:failed", limit=_PAIRED)["run_id"].to_pylist()
        return siblings.pair_of_one_task(store, failed)


def comparison(here: Investigation, there: Investigation) -> Comparison:
    """Two runs side by side; takes about as long as diagnosing both."""
    return compare(case(here).run, case(there).run)


def status() -> dict[str, Any]:
    """What the store holds and what became of everything that came in."""
    with opened() as store:
        return store.status()


def rules() -> list[dict[str, Any]]:
    """The rules that are kept, as docs/schemas/rule.schema.json has them."""
    return [json.loads(row["record"]) for row in _ask("rules").to_pylist()]


def rule_violations() -> list[dict[str, Any]]:
    """What runs broke of the rules in force (query `rule_violations`), the latest runs first."""
    found: list[dict[str, Any]] = _ask("rule_violations").to_pylist()
    return found


def propose_rules(run_id: str, person: str | None) -> tuple[list[Proposal], list[Rejected]]:
    """Rules against a run, measured on the newest stored runs and kept as candidates, and those that were tried in vain.

    Raises:
        NotFailed: the run did not fail.
    """
    with opened() as store:
        proposals, rejected = propose_from(store, run_id, past_runs(store, limit=MEASURED_ON))
        keep_proposals(store, run_id, proposals, person=person)
        return proposals, rejected


def put_in_force(rule_id: str, status: RuleStatus, person: str, note: str | None) -> None:
    """Makes a kept rule active, or only looked for, in this person's name."""
    with opened() as store:
        rule = next(rule for rule in kept_rules(store) if rule.id == rule_id)
        set_status(store, rule, status, person, note)


def sources() -> pa.Table:
    """Of how many spans what is known, by service, scope and vocabulary (query `coverage`)."""
    return _ask("coverage")


def instrumentations() -> list[Coverage]:
    """What the newest spans of each instrumentation fill and what is unknown in them."""
    with opened() as store:
        return coverage(store.query)


def _ask(name: str, **parameters: Any) -> pa.Table:
    with opened() as store:
        return store.query(name, **parameters)


@lru_cache(maxsize=RUNS_KEPT)
def _outline(folder: Path, run_id: str, state: str, spans: int) -> tuple[Run, Diagnosis]:  # noqa: ARG001 - part of the key
    with opened(folder) as store:
        run = load_outline(store, run_id)
        diagnosis = stored_diagnosis(store, run_id)
        if diagnosis is None:
            diagnosis = diagnose_run(store, run_id) if spans <= _DIAGNOSED_HERE else _undiagnosed(run_id)
    for node in diagnosis.decisions:
        if node.source == "recorded":
            run.contents[node.span_id] = Content(decision=Decision(node.question, choice=node.choice))
    return run, diagnosis


def _undiagnosed(run_id: str) -> Diagnosis:
    return Diagnosis(run_id, Outcome(Status.UNKNOWN, _NOT_YET), Grade.NONE, None, [], [], [], [], [])


def report(folder: Path, run_url: Callable[[str], str]) -> Report:
    """The batch report over all runs of a data folder; `run_url` gives the address of a run in this dashboard."""
    with opened(folder) as store:
        return build(store, run_url=run_url)
