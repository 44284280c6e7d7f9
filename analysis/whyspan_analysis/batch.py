"""Diagnoses the runs that have no diagnosis of their present state, and keeps the results beside the runs.

A run whose diagnosis raises gets the outcome unknown with the reason; the others of the batch are not its victims.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa

from whyspan_analysis.diagnose import ANALYSIS_VERSION, diagnose
from whyspan_analysis.load import load_run, load_runs
from whyspan_analysis.model import Diagnosis, Grade, Outcome, Run, Status
from whyspan_analysis.output import diagnosis_document
from whyspan_collector.errors import StoreError
from whyspan_collector.portions import portions
from whyspan_collector.service import AnyStore

_NEVER_NS: Final = 2**63 - 1

_log = logging.getLogger(__name__)


def diagnose_pending(
    store: AnyStore,
    *,
    settled_before_ns: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Diagnoses every settled run that has no diagnosis of its present state, and saves the results.

    Args:
        store: where the runs are and the diagnoses go.
        settled_before_ns: runs of which something arrived later, by our clock, are left for another time; None takes all.
        progress: called with the number of runs done and of runs to do.

    Returns:
        How many runs were diagnosed.
    """
    before = _NEVER_NS if settled_before_ns is None else settled_before_ns
    pending = store.query("undiagnosed", settled_before_ns=before, analysis_version=ANALYSIS_VERSION).to_pylist()
    done = 0
    for some in portions(pending):
        runs = _load(store, [row["run_id"] for row in some])
        rows = []
        for row in some:
            run_id = row["run_id"]
            rows.append(_row(row["revision"], _diagnose(run_id, lambda: runs.get(run_id) or load_run(store, run_id))))  # noqa: B023 - called at once
            done += 1
            if progress is not None:
                progress(done, len(pending))
        store.save_diagnoses(pa.Table.from_pylist(rows, schema=_SCHEMA))
    return done


def diagnose_run(store: AnyStore, run_id: str) -> Diagnosis:
    """The diagnosis of one run as it is stored now; outcome unknown, with the reason, where the analysis fails on it."""
    return _diagnose(run_id, lambda: load_run(store, run_id))


def _load(store: AnyStore, run_ids: list[str]) -> dict[str, Run]:
    """The runs read together; none where one of them cannot be read, so that each is tried by itself."""
    try:
        return load_runs(store, run_ids)
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, it belongs to one of them
        _log.exception("reading %d runs together failed; reading them one by one", len(run_ids))
        return {}


def _diagnose(run_id: str, load: Callable[[], Run]) -> Diagnosis:
    try:
        return diagnose(load())
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one run must not cost the others theirs; the reason is shown
        _log.exception("the analysis of run %s failed", run_id)
        reason = f"The analysis itself failed on this run ({type(error).__name__}: {error}); please report it."
        return Diagnosis(
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


def _row(revision: str, diagnosis: Diagnosis) -> dict[str, Any]:
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
        "decisions": len(diagnosis.decisions),
        "document": diagnosis_document(diagnosis).model_dump_json(by_alias=True),
    }


_SCHEMA: Final = pa.schema(
    [
        pa.field("run_id", pa.string()),
        pa.field("revision", pa.string()),
        pa.field("analysis_version", pa.string()),
        pa.field("outcome", pa.string()),
        pa.field("outcome_check", pa.string()),
        pa.field("grade", pa.string()),
        pa.field("verdict", pa.string()),
        pa.field("decisive_span_id", pa.string()),
        pa.field("decisive_agent", pa.string()),
        pa.field("decisive_tool", pa.string()),
        pa.field("detector", pa.string()),
        pa.field("decisions", pa.int32()),
        pa.field("document", pa.string()),
    ]
)
"""Columns of the table `diagnoses`."""
