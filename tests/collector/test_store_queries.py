"""Every query answers what its header says."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from whyspan.semconv import Kind
from whyspan_collector import sql
from whyspan_collector.errors import QueryError
from whyspan_collector.otlp import requests
from whyspan_collector.otlp.batch import decode
from whyspan_collector.records import Log, Span
from whyspan_collector.store import Store

T0 = 1_790_000_000 * 10**9
ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "sample_traces" / "openai__otel-openai-v2__bad_args_404-logs-metrics"

SPAN = Span(f"{1:032x}", f"{1:016x}", None, "serve", "internal", T0, T0 + 10**9, "ok", kind=Kind.AGENT, agent="boss")


@contextmanager
def three_runs(folder: Path) -> Iterator[Store]:
    """A store with three runs, a second apart: of the agents boss, boss and clerk."""
    with closing(Store(folder)) as opened:
        for number, agent in enumerate(("boss", "boss", "clerk"), 1):
            trace_id, start_ns = f"{number:04x}{'0' * 28}", T0 + number * 10**9
            opened.ingest(
                [
                    replace(
                        SPAN,
                        trace_id=trace_id,
                        agent=agent,
                        start_ns=start_ns,
                        end_ns=start_ns + 1,
                        run_key=f"K{number}",
                    )
                ],
                [Log(trace_id, None, start_ns, None, None, "hello")],
                T0 + number,
            )
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The three runs, for one test."""
    with three_runs(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def recorded_too(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The three runs and a recording with logs and metrics, to be read only."""
    with three_runs(tmp_path_factory.mktemp("queries")) as opened:
        for path in sorted(RECORDING.iterdir()):
            for request in requests(path.read_bytes(), 10**8):
                batch = decode(request.signal, request.body, request.encoding)
                opened.ingest(batch.spans, batch.logs, T0)
        yield opened


def run_ids(table: pa.Table) -> list[int]:
    """The numbers of the runs in a table."""
    return [int(run_id[:4], 16) for run_id in table["run_id"].to_pylist()]


def diagnose(store: Store, number: int, **columns: Any) -> None:
    """Saves a diagnosis of one run in its present revision."""
    run = store.query("run", run_id=f"{number:04x}{'0' * 28}").to_pylist()[0]
    known = {
        "run_id": run["run_id"],
        "revision": run["revision"],
        "analysis_version": "1",
        "outcome": "failed",
        "outcome_check": "a check",
        "grade": "likely",
        "verdict": "The Refund went to the wrong order.",
        "decisions": 0,
        "document": "{}",
    }
    store.save_diagnoses(pa.Table.from_pylist([known | columns]))


@pytest.mark.parametrize("name", sql.queries())
def test_every_query_runs_and_declares_its_parameters(recorded_too: Store, name: str) -> None:
    """The header of a query names exactly the parameters it uses, and with them it runs on real data."""
    query = sql.query(name)
    body = "\n".join(line for line in query.text.splitlines() if not line.startswith("--"))
    assert set(re.findall(r"\$(\w+)", body)) == query.required | query.optional
    assert query.text.startswith("-- ")
    known = {"run_id": SPAN.trace_id, "span_id": SPAN.span_id, "reference": "beef", "analysis_version": "1"}
    given = known | {"settled_before_ns": T0, "before_ns": T0, "each": 3, "spans": 1, "limit": 3, "most": 3}
    given |= {"agents": ["boss"], "newest": 3, "weighed_agents": ["boss"], "detectors": ["exact_loop"], "bits": [0.5]}
    given |= {
        "rules": "none",
        "trace_ids": [SPAN.trace_id],
        "run_ids": [SPAN.trace_id],
        "tasks": ["none"],
        "span_ids": [SPAN.span_id],
    }
    assert recorded_too.query(name, **{parameter: given[parameter] for parameter in query.required}).num_columns > 0


def test_every_sql_file_is_used() -> None:
    """A statement that no code runs is dead; queries are asked by name from anywhere, the command line included."""
    sources = [
        path.read_text(encoding="utf-8")
        for top in ("collector", "analysis", "ui")
        for path in (ROOT / top).rglob("*.py")
    ]
    used = set(re.findall(r'"(\w+)"', "\n".join(sources)))
    assert set(sql.statements()) <= used


def test_a_query_that_does_not_exist_or_gets_wrong_parameters_is_refused(store: Store) -> None:
    """The answer names what there is; a name is looked up, never made into a path."""
    with pytest.raises(QueryError, match=r"there are .*run_spans"):
        store.query("../schema/0001_initial")
    with pytest.raises(QueryError, match=r"needs the parameters \['run_id'\]"):
        store.query("run")
    with pytest.raises(QueryError, match=r"no parameters \['limt'\]; it takes .*'limit'"):
        store.query("runs", limt=3)


def test_parameters_are_data(store: Store) -> None:
    """SQL in a parameter is text to look for."""
    assert len(store.query("runs", filter='"\' OR 1=1 --"')) == 0
    assert len(store.query("resolve_run", reference="0001' OR '1'='1")) == 0


def test_runs_come_newest_first_and_filtered(store: Store) -> None:
    """By number, by time and by a filter (test_filter.py has the language), with the diagnosis beside each."""
    assert run_ids(store.query("runs")) == [3, 2, 1]
    assert run_ids(store.query("runs", limit=2)) == [3, 2]
    assert run_ids(store.query("runs", filter="agent:boss")) == [2, 1]
    assert run_ids(store.query("runs", since_ns=T0 + 2 * 10**9)) == [3, 2]
    diagnose(store, 2)
    assert run_ids(store.query("runs", filter="status:failed")) == [2]
    assert store.query("runs")["grade"].to_pylist() == [None, "likely", None]


def test_a_run_is_found_by_any_of_its_names(store: Store) -> None:
    """Run id, trace id in any case, the agent's own id, or a beginning of four characters that may mean several runs."""
    for reference in (f"0002{'0' * 28}", "0002", "00020", "K2"):
        assert run_ids(store.query("resolve_run", reference=reference)) == [2]
    store.ingest([replace(SPAN, trace_id=f"{number}" * 16) for number in ("ab", "ac")], [], T0)
    assert store.query("resolve_run", reference="AB" * 16)["run_id"].to_pylist() == ["ab" * 16]
    assert len(store.query("resolve_run", reference="abab")) == 1
    for reference in ("aba", "", "%", "k2", "____"):
        assert len(store.query("resolve_run", reference=reference)) == 0


def test_a_beginning_may_mean_several_runs(store: Store) -> None:
    """The caller is told all of them and can say so."""
    store.ingest([replace(SPAN, trace_id=f"0002{'1' * 28}", start_ns=T0)], [], T0)
    assert len(store.query("resolve_run", reference="0002")) == 2


def test_a_diagnosis_counts_for_the_revision_it_was_made_of(store: Store) -> None:
    """A late span makes the diagnosis outdated: it is no longer listed, and the run waits for a new one."""
    waiting = {"settled_before_ns": T0 + 10, "analysis_version": "1"}
    assert run_ids(store.query("undiagnosed", **waiting)) == [1, 2, 3]
    for number in (1, 2, 3):
        diagnose(store, number)
    assert run_ids(store.query("undiagnosed", **waiting)) == []
    assert run_ids(store.query("undiagnosed", settled_before_ns=T0 + 10, analysis_version="2")) == [1, 2, 3]
    late = replace(
        SPAN, trace_id=f"0003{'0' * 28}", span_id="f" * 16, parent_span_id=SPAN.span_id, start_ns=T0 + 3 * 10**9
    )
    store.ingest([late], [], T0 + 10)
    assert run_ids(store.query("undiagnosed", **waiting)) == []
    assert run_ids(store.query("undiagnosed", settled_before_ns=T0 + 11, analysis_version="1")) == [3]
    assert store.query("runs")["outcome"].to_pylist() == [None, "failed", "failed"]
    assert store.query("diagnosis", run_id=f"0003{'0' * 28}")["current"].to_pylist() == [False]


def test_saving_a_diagnosis_again_replaces_it(store: Store) -> None:
    """A run has one diagnosis."""
    diagnose(store, 1)
    diagnose(store, 1, outcome="ok", grade="none", verdict=None)
    diagnosis = store.query("diagnosis", run_id=f"0001{'0' * 28}").to_pylist()
    assert [(row["outcome"], row["current"]) for row in diagnosis] == [("ok", True)]


def test_coverage_counts_what_is_known_of_the_spans(store: Store) -> None:
    """Of the spans of one service, scope and vocabulary: how many have a kind, an agent, a model, tokens."""
    call = replace(SPAN, span_id="f" * 16, kind=Kind.MODEL_CALL, agent=None, request_model="m", input_tokens=3)
    store.ingest([call, replace(call, span_id="e" * 16, request_model=None, input_tokens=None)], [], T0)
    counted = store.query("coverage").to_pylist()[0]
    assert (counted["spans"], counted["agents_named"]) == (5, 3)
    assert (counted["model_calls"], counted["model_calls_with_model"], counted["model_calls_with_tokens"]) == (2, 1, 1)
