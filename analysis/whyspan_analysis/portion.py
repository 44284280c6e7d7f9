"""A portion of a batch: some runs as they were read, and their diagnoses as rows. It crosses to another process and back.

A run whose diagnosis raises gets the outcome unknown with the reason; the others are not its victims.
"""

import gc
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa

from whyspan_analysis.case import Case
from whyspan_analysis.circumstances import circumstances, input_length, version
from whyspan_analysis.diagnose import ANALYSIS_VERSION, build_case, diagnose
from whyspan_analysis.load import by_run, load_runs
from whyspan_analysis.model import Diagnosis, Grade, Outcome, Run, Status
from whyspan_analysis.output.diagnosis import diagnosis_document
from whyspan_analysis.signature import signature
from whyspan_analysis.task import task_id
from whyspan_analysis.weights import Firing
from whyspan_collector.errors import StoreError

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore  # which needs duckdb: workers do without

_GARBAGE: Final = (50_000, 20, 50)
"""Thresholds of the garbage collector while runs are diagnosed: by the usual ones it looks a quarter of the time through values that live on."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some runs: the answers to the two queries that read them, which is all of the store their diagnosis needs."""

    revisions: dict[str, str]
    """Run id -> the revision that was read."""
    spans: pa.Table
    logs: pa.Table
    firing: dict[str, dict[str, Firing]]
    """Run id -> how often each detector fires on runs of its agent; runs of other agents are left out."""
    beside: dict[str, list[str]]
    """Run id -> the passing runs of its task it is held beside; they are read, and not diagnosed."""

    def query(self, name: str, run_ids: list[str]) -> pa.Table:
        """Answers as the store did."""
        table = {"runs_spans_raw": self.spans, "runs_logs": self.logs}[name]
        of_run = by_run(table)
        return pa.concat_tables([table.slice(0, 0), *(of_run[each] for each in run_ids if each in of_run)])


def read_portions(
    store: "AnyStore",
    revisions: dict[str, str],
    firing: dict[str, dict[str, Firing]],
    beside: dict[str, list[str]],
) -> list[Portion]:
    """Reads runs together, with those they are held beside; each by itself where one of them cannot be read."""
    run_ids = list(revisions)
    held = {run_id: beside[run_id] for run_id in run_ids if run_id in beside}
    every = list(dict.fromkeys([*run_ids, *(other for others in held.values() for other in others)]))
    try:
        spans, logs = store.query("runs_spans_raw", run_ids=every), store.query("runs_logs", run_ids=every)
    except StoreError:
        raise
    except Exception:
        if len(revisions) == 1:
            raise
        _log.exception("reading %d runs together failed; reading them one by one", len(revisions))
        alone = ({run_id: revisions[run_id]} for run_id in run_ids)
        return [each for one in alone for each in read_portions(store, one, firing, beside)]
    rates = {run_id: firing[run_id] for run_id in run_ids if run_id in firing}
    return [Portion(revisions, spans, logs, rates, held)]


def diagnose_portion(portion: Portion) -> list[dict[str, Any]]:
    """The rows of `diagnoses` of its runs."""
    with seldom_collecting():
        return _rows(portion)


def diagnoses_table(rows: list[dict[str, Any]]) -> pa.Table:
    """The table of these rows. Workers make none: with its first array pyarrow imports pandas, 0.3 s and 60 MB a process."""
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """The garbage collector looks less often while a run is read and diagnosed."""
    usual = gc.get_threshold()
    gc.set_threshold(*_GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _rows(portion: Portion) -> list[dict[str, Any]]:
    store = cast("AnyStore", portion)
    try:
        runs = load_runs(store, list(portion.revisions))
    except Exception:  # noqa: BLE001 - whatever it is, it belongs to one of them
        _log.exception("reading %d runs together failed; reading them one by one", len(portion.revisions))
        runs = {}
    cases: dict[str, Case] = {}

    def beside(run_id: str) -> list[Case]:
        """The cases of the runs it is held beside, each made once."""
        for other in portion.beside.get(run_id, ()):
            if other not in cases:
                cases[other] = build_case(load_runs(store, [other])[other])
        return [cases[other] for other in portion.beside.get(run_id, ())]

    rows = []
    for run_id, revision in portion.revisions.items():
        run, diagnosis = diagnosed(
            run_id,
            lambda: runs.pop(run_id, None) or load_runs(store, [run_id])[run_id],  # noqa: B023 - called at once
            portion.firing.get(run_id, {}),
            lambda: beside(run_id),  # noqa: B023 - called at once
        )
        rows.append(_row(revision, run, diagnosis))
    return rows


def diagnosed(
    run_id: str, load: Callable[[], Run], firing: Mapping[str, Firing], beside: Callable[[], Sequence[Case]] = tuple
) -> tuple[Run | None, Diagnosis]:
    """A run, None where it cannot be read, and its diagnosis: outcome unknown, with the reason, where the analysis fails on it."""
    run = None
    try:
        run = load()
        return run, diagnose(run, firing, beside())
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one run must not cost the others theirs; the reason is shown
        _log.exception("the analysis of run %s failed", run_id)
        reason = f"The analysis itself failed on this run ({type(error).__name__}: {error}); please report it."
    return run, Diagnosis(
        run_id=run_id,
        outcome=Outcome(Status.UNKNOWN, reason),
        grade=Grade.NONE,
        verdict=None,
        hypotheses=[],
        findings=[],
        chain=[],
        decisions=[],
        missing=[reason],
    )


def _row(revision: str, run: Run | None, diagnosis: Diagnosis) -> dict[str, Any]:
    decisive = diagnosis.hypotheses[0] if diagnosis.hypotheses else None
    return {
        "run_id": diagnosis.run_id,
        "revision": revision,
        "analysis_version": ANALYSIS_VERSION,
        "outcome": diagnosis.outcome.status,
        "outcome_check": diagnosis.outcome.check,
        "grade": diagnosis.grade,
        "verdict": diagnosis.verdict,
        "decisive_span_id": decisive and decisive.span_id,
        "decisive_agent": decisive and decisive.agent,
        "decisive_tool": decisive and decisive.tool,
        "detector": decisive.findings[0].detector if decisive and decisive.findings else None,
        "score": decisive and decisive.score,
        "decisions": len(diagnosis.decisions),
        "findings": [
            {"detector": found.detector, "role": found.role, "recovered": found.recovered, "bits": found.bits}
            for found in diagnosis.findings
        ],
        "gaps": len(diagnosis.missing),
        "missing": diagnosis.missing,
        "tools": _names(diagnosis.tools),
        "agents": _names(diagnosis.agents),
        "document": diagnosis_document(diagnosis).model_dump_json(by_alias=True),
        **(_of_run(run, diagnosis) if run is not None else {}),
    }


def _names(names: frozenset[str] | None) -> list[str] | None:
    """In order; None for so many or such long ones that reading the run costs no more."""
    if names is None or len(names) > _NAMES or any(len(name) > _NAME for name in names):
        return None
    return sorted(name.encode("utf-8", "replace").decode() for name in names)


_NAMES: Final = 64
_NAME: Final = 200
"""Characters."""


def _of_run(run: Run, diagnosis: Diagnosis) -> dict[str, Any]:
    """What many runs are compared by."""
    own, second = (signature(run, diagnosis, rank) for rank in (1, 2))
    return {
        "signature": own and own.id,
        "alias": second and second.id,
        "signature_parts": own and json.dumps(asdict(own), ensure_ascii=False).encode("utf-8", "replace").decode(),
        "version": version(run),
        "circumstances": [asdict(each) for each in circumstances(run)],
        "input_length": input_length(run),
        "task": task_id(run),
    }


_TEXTS: Final = (
    *("run_id", "revision", "analysis_version", "outcome", "outcome_check", "grade", "verdict"),
    *("decisive_span_id", "decisive_agent", "decisive_tool", "detector", "document"),
    *("signature", "alias", "signature_parts", "version", "task"),
)
_FINDING: Final = pa.struct(
    [("detector", pa.string()), ("role", pa.string()), ("recovered", pa.bool_()), ("bits", pa.float64())]
)
_SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in _TEXTS),
        *(pa.field(name, pa.int32()) for name in ("decisions", "gaps", "input_length")),
        pa.field("score", pa.float64()),
        pa.field("circumstances", pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))),
        pa.field("findings", pa.list_(_FINDING)),
        *(pa.field(name, pa.list_(pa.string())) for name in ("missing", "tools", "agents")),
    ]
)
"""Columns of the table `diagnoses`."""
