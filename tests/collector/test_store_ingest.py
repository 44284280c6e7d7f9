"""What the store makes of what arrives, in whatever order and however often."""

import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import records

from whyspan.semconv import Kind
from whyspan_collector.merge import IngestCounts
from whyspan_collector.otlp import encode, requests
from whyspan_collector.otlp.batch import decode
from whyspan_collector.records import Log, Span
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.store import Store

T0 = 1_790_000_000 * 10**9
RECORDINGS = Path(__file__).parents[2] / "sample_traces"


def span(trace_number: int = 1, number: int = 1, parent: int | None = None, **fields: Any) -> Span:
    """An ended agent span of a second."""
    known = {
        "trace_id": f"{trace_number:032x}",
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": "serve",
        "otel_kind": "internal",
        "start_ns": T0 + number,
        "end_ns": T0 + number + 10**9,
        "status": "ok",
        "kind": Kind.AGENT,
    }
    return Span(**known | fields)


def log(trace_number: int | None = 1, **fields: Any) -> Log:
    """A log record of that trace."""
    known = {
        "trace_id": None if trace_number is None else f"{trace_number:032x}",
        "span_id": None,
        "time_ns": T0,
        "event_name": "said",
        "severity": "INFO",
        "body": "hello",
    }
    return Log(**known | fields)


def recorded(name: str) -> tuple[list[Span], list[Log]]:
    """The spans and logs of one recording of a real framework."""
    spans, logs = [], []
    for path in sorted((RECORDINGS / name).iterdir()):
        for request in requests(path.read_bytes(), 10**8):
            batch = decode(request.signal, request.body, request.encoding)
            spans += batch.spans
            logs += batch.logs
    return spans, logs


def contents(store: Store) -> dict[str, Any]:
    """Everything in the store that says neither when it arrived nor where its bytes are; their hash is compared."""
    store.query("totals")
    of_record = "arrived_ns, message, context"
    arrival = {"spans": of_record, "logs": of_record, "runs": "last_arrived_ns", "split_spans": None}
    found = {}
    for table, column in arrival.items():
        columns = f"* EXCLUDE ({column})" if column else "*"
        found[table] = store._connection.sql(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()
    return found


def test_recordings_come_back_as_they_were_decoded(tmp_path: Path) -> None:
    """Every span and log of real frameworks is read back whole, attribute by attribute."""
    with closing(Store(tmp_path)) as store:
        for name in ("pydantic-ai__native__long_ok_concurrent3", "openai__otel-openai-v2__bad_args_404-logs-metrics"):
            spans, logs = recorded(name)
            store.ingest(spans, logs, T0)
            wanted = {(one.trace_id, one.span_id): one for one in spans}
            runs = store.query("runs").to_pylist()
            for run in runs:
                if run["run_id"] in {one.trace_id for one in spans}:
                    for one in spans_from_table(store.query("run_spans_raw", run_id=run["run_id"])):
                        assert one == wanted.pop((one.trace_id, one.span_id))
                    found = logs_from_table(store.query("run_logs", run_id=run["run_id"]))
                    assert all(one in logs for one in found)
                    assert len(found) == run["logs"]
            assert not wanted


def test_hostile_values_are_kept_and_do_not_stop_the_batch(tmp_path: Path) -> None:
    """Lone surrogates, NUL, NaN, bytes and numbers beyond any column are stored; columns hold what they can."""
    hostile = span(
        name="a\ud800b\0c",
        input_tokens=2**70,
        cost=float("inf"),
        start_ns=2**64 - 1,
        end_ns=1,
        service="'); DROP TABLE spans; --",
        attributes={"~bytes": b"\xff", "n": -(2**63), "\ufffd": "\udfff", "list": [[], {}, None]},
    )
    with closing(Store(tmp_path)) as store:
        store.ingest([hostile, span(number=2, parent=1)], [log(body=b"\0", attributes={"x": float("-inf")})], T0)
        run_id = hostile.trace_id
        found = spans_from_table(store.query("run_spans_raw", run_id=run_id))[1]
        assert found.attributes == hostile.attributes | {"\ufffd": "\ufffd"}
        assert (found.start_ns, found.service, found.input_tokens) == (2**64 - 1, hostile.service, None)
        assert found.name.startswith("a\ufffd")
        assert found.name.endswith("b\0c")
        assert store.query("run", run_id=run_id)["cost"].to_pylist() == [None]
        assert logs_from_table(store.query("run_logs", run_id=run_id))[0].body == b"\0"


def test_a_record_that_breaks_the_schema_is_told_from_a_store_that_is_unavailable(tmp_path: Path) -> None:
    """What can never be stored is not worth a retry; the transaction is undone and the next batch is stored."""
    broken = encode(span())
    broken.record.name = None
    with closing(Store(tmp_path)) as store:
        with pytest.raises(duckdb.ConstraintException):
            store.ingest([span(2), broken], [log()], T0)
        assert store.ingest([span(2)], [log()], T0) == IngestCounts(new_spans=1, new_logs=1)


def test_sums_beyond_any_number_do_not_stop_the_list(tmp_path: Path) -> None:
    """Two calls that report the largest count there is have no sum, and every run is still listed."""
    calls = [span(number=number, kind=Kind.MODEL_CALL, input_tokens=2**63 - 1) for number in (1, 2)]
    with closing(Store(tmp_path)) as store:
        store.ingest(calls, [], T0)
        assert store.query("runs")["input_tokens"].to_pylist() == [None]


def test_the_ended_span_replaces_the_pending_one_and_never_the_other_way(tmp_path: Path) -> None:
    """A span that was announced and then ended is one span, whichever message came first."""
    pending, ended = span(end_ns=0, attributes={"a": 1, "b": 2}), span(attributes={"a": 1})
    with closing(Store(tmp_path)) as store:
        assert store.ingest([pending], [], T0) == IngestCounts(new_spans=1)
        assert store.query("runs")["pending"].to_pylist() == [1]
        assert store.ingest([ended], [], T0 + 1) == IngestCounts(replaced_spans=1)
        assert store.ingest([pending, ended], [], T0 + 2) == IngestCounts(duplicate_spans=2)
        assert store.query("runs")["pending"].to_pylist() == [0]
        store.count({"rejected_records": 3})
        counted = {name: number for name, number in store.status()["counters"].items() if number}
    assert counted == {"new_spans": 1, "replaced_spans": 1, "duplicate_spans": 2, "rejected_records": 3}


def test_what_arrives_is_seen_by_the_next_query(tmp_path: Path) -> None:
    """Runs are summed up when they are asked for: a new span, log or join shows at once."""
    with closing(Store(tmp_path)) as store:
        for number in (1, 2, 3):
            store.ingest([span(number=number, parent=number - 1 or None)], [log(body=number)], T0 + number)
            run = store.query("run", run_id=f"{1:032x}").to_pylist()[0]
            assert (run["spans"], run["logs"], run["last_arrived_ns"]) == (number, number, T0 + number)


def test_a_late_span_merges_runs_and_old_ids_lead_to_the_new_one(tmp_path: Path) -> None:
    """The old run ids are no longer listed and are still understood; a diagnosis of a run that is no more is dropped."""
    with closing(Store(tmp_path)) as store:
        store.ingest([span(2, run_key="order 7"), span(3)], [], T0)
        store.save_diagnoses(diagnoses(store))
        link = {"trace_id": f"{3:032x}", "span_id": f"{1:016x}", "attributes": {}}
        store.ingest([span(1, run_key="order 7", links=[link])], [], T0)
        merged = f"{1:032x}"
        assert store.query("runs")["run_id"].to_pylist() == [merged]
        for reference in (*(f"{number:032x}" for number in (1, 2, 3)), "order 7", "0" * 31):
            assert store.query("resolve_run", reference=reference)["run_id"].to_pylist() == [merged]
        assert store.query("totals")["diagnoses"].to_pylist() == [0]
        assert len(store.query("undiagnosed", settled_before_ns=2**63, analysis_version="1")) == 1


def test_a_trace_with_two_root_agents_is_two_runs_that_each_have_their_own(tmp_path: Path) -> None:
    """Spans and logs of a split trace are read by run; ids from before the split and of its roots are understood."""
    own_log, shared_log = log(span_id=f"{2:016x}"), log(body="whose?")
    trace_id = f"{1:032x}"
    with closing(Store(tmp_path)) as store:
        store.ingest([span(number=1), span(number=3, parent=1)], [own_log, shared_log], T0)
        assert store.query("runs")["run_id"].to_pylist() == [trace_id]
        store.ingest([span(number=2)], [], T0)
        first, second = f"{trace_id}-{1:016x}", f"{trace_id}-{2:016x}"
        assert [one.span_id[-1] for one in spans_from_table(store.query("run_spans_raw", run_id=first))] == ["1", "3"]
        assert [one.span_id[-1] for one in spans_from_table(store.query("run_spans_raw", run_id=second))] == ["2"]
        assert logs_from_table(store.query("run_logs", run_id=first)) == [shared_log]
        assert len(store.query("run_logs", run_id=second)) == 2
        assert store.query("resolve_run", reference=trace_id)["run_id"].to_pylist() == [first, second]
        assert store.query("resolve_run", reference=f"{trace_id}-{3:016x}")["run_id"].to_pylist() == [first]


def diagnoses(store: Store, outcome: str = "failed") -> pa.Table:
    """A diagnosis of every run in its present revision."""
    runs = store.query("runs")
    constant = {
        "analysis_version": "1",
        "outcome": outcome,
        "outcome_check": "a check",
        "grade": "likely",
        "verdict": "It went wrong.",
        "document": "{}",
    }
    return pa.table(
        {"run_id": runs["run_id"], "revision": runs["revision"], "decisions": pa.array([0] * len(runs), pa.int32())}
        | {name: [value] * len(runs) for name, value in constant.items()}
    )


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Span], list[Log]]:
    """Versions of a few spans of three traces with links and run keys, and logs. What a vocabulary says follows from the span."""
    spans = []
    for _ in range(draw(st.integers(1, 10))):
        trace_number, number = draw(st.integers(1, 3)), draw(st.integers(1, 4))
        linked = draw(st.sampled_from([None, None, 1, 2]))
        links = [{"trace_id": f"{linked:032x}", "span_id": f"{1:016x}", "attributes": {}}] if linked else []
        attributes = draw(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=2))
        key = draw(st.sampled_from([None, None, "key"]))
        spans.append(
            span(
                trace_number,
                number,
                draw(st.none() | st.integers(1, 5)),
                end_ns=draw(st.sampled_from([0, T0 + 10**9])),
                run_key=key,
                links=links,
                attributes=attributes | ({"whyspan.run.id": key} if key else {}),
            )
        )
    logs = draw(st.lists(st.builds(log, st.sampled_from([None, 1, 2]), body=st.integers(0, 2)), max_size=4))
    return spans, logs


@settings(max_examples=8, deadline=None)  # each opens two databases
@given(arrivals(), st.randoms(use_true_random=False))
def test_order_repetition_and_batches_do_not_matter(
    arrived: tuple[list[Span], list[Log]], shuffler: random.Random
) -> None:
    """The same records in another order, some twice, one by one and with reads between make the same rows."""
    spans, logs = arrived
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        with closing(Store(Path(one))) as store:
            store.ingest(spans, logs, T0)
            wanted = contents(store)
        with closing(Store(Path(other))) as store:
            rest = shuffled([*spans, *logs], shuffler)
            while rest:
                size = shuffler.randint(1, 8)
                batch, rest = rest[:size], rest[size:]
                of_kind = {kind: [record for record in batch if isinstance(record, kind)] for kind in (Span, Log)}
                store.ingest(of_kind[Span], of_kind[Log], T0 + len(rest))
                store.query("totals")
            assert contents(store) == wanted


def shuffled(records: Sequence[Any], shuffler: random.Random) -> list[Any]:
    """The records in another order, some of them twice."""
    mixed = [*records, *shuffler.sample(records, len(records) // 2)]
    shuffler.shuffle(mixed)
    return mixed


@pytest.mark.parametrize(
    ("name", "tool_calls", "preparations"),
    [("mcp__openinference__tool_timeout_switch", 3, 3), ("autogen__openinference__tool_timeout_switch", 3, 1)],
)
def test_what_instrumentations_record_twice_or_aside(
    tmp_path: Path, name: str, tool_calls: int, preparations: int
) -> None:
    """Each tool call counts once though two layers have a span of it; preparations in traces of their own are known as such."""
    with closing(Store(tmp_path)) as store:
        store.ingest(*records(name), T0)
        runs = store.query("runs", filter="-setup:yes").to_pylist()
        assert [run["tool_calls"] for run in runs] == [tool_calls]
        assert len(store.query("runs", filter="setup:yes")) == preparations
