"""The filter language: what it finds, what it refuses, and that nothing typed ever becomes SQL."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan.semconv import Kind
from whyspan_collector.filter import FIELDS, Condition, FilterError, condition, parse
from whyspan_collector.filter.fields import ANY
from whyspan_collector.records import Span
from whyspan_collector.store import Store

S = 10**9
T0 = 1_790_000_000 * S
ARRIVED = T0 + 1000 * S
DOCS = Path(__file__).parents[2] / "docs" / "filter.md"
LOCAL = {"service": "shop", "environment": "test", "session_id": "s-1", "user_id": "ann", "service_version": "2.4.1"}


def span(run: int, number: int, kind: Kind = Kind.OTHER, **fields: object) -> Span:
    """A span of run 1, 2, ...; span 1 is the root."""
    trace_id, parent = f"{run:04x}{'0' * 28}", None if number == 1 else f"{1:016x}"
    start_ns = T0 + run * 100 * S
    made = Span(trace_id, f"{number:016x}", parent, "work", "internal", start_ns, start_ns + run * S, "ok", kind=kind)
    return replace(made, **fields)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """1: support with a refund that timed out. 2: billing 100 % correct. 3: no agent, an impossible clock, a lost parent."""
    spans = [
        span(1, 1, Kind.AGENT, agent="support-desk", run_key="K_1", tags=["beta", "gold-tier"], **LOCAL),
        span(1, 2, Kind.MODEL_CALL, request_model="gpt-4o-mini", input_tokens=900, output_tokens=200, cost=0.5),
        span(1, 3, Kind.TOOL, tool="refund_order", status="error", error_type="TimeoutError", error_message="30 s"),
        span(2, 1, Kind.AGENT, agent="billing", environment="production", name="it's 100% (sure)"),
        span(2, 2, Kind.MODEL_CALL, request_model="claude-x", input_tokens=10, output_tokens=1, agent_version="7"),
        span(3, 2, start_ns=0, end_ns=1, parent_span_id=f"{9:016x}"),
    ]
    with closing(Store(tmp_path_factory.mktemp("store"))) as opened:
        opened.ingest(spans, [], ARRIVED)
        (run,) = opened.query("runs", filter="run:0001*").to_pylist()
        known = {
            "run_id": run["run_id"],
            "revision": run["revision"],
            "outcome": "failed",
            "grade": "strong",
            "verdict": "The refund was asked for order 7, not 9",
            "detector": "wrong_entity",
            "decisions": 1,
            "document": "{}",
            "findings": [{"detector": "wrong_entity"}, {"detector": "tool_error"}],
        }
        opened.save_diagnoses(pa.Table.from_pylist([known | {"analysis_version": "1", "outcome_check": "a check"}]))
        opened.pin(opened.query("runs", filter="run:0002*")["run_id"].to_pylist(), "a test")
        yield opened


def found(store: Store, text: str) -> set[int]:
    """The numbers of the runs the filter holds for."""
    return {int(run_id[:4], 16) for run_id in store.query("runs", filter=text)["run_id"].to_pylist()}


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", {1, 2, 3}),
        ("status:failed", {1}),
        ("status:arriving", {2, 3}),
        ("grade:strong", {1}),
        ("finding:tool_error", {1}),
        ("finding:tool", set()),
        ("agent:support*", {1}),
        ("agent:support", set()),
        ("AGENT:BILLING", {2}),
        ("tool:refund_order", {1}),
        ("tool:refund-order", set()),
        ("tool:refund%", set()),
        ("model:gpt-4o*", {1}),
        ("service:shop", {1}),
        ("env:production", {2}),
        ("session:s-1 user:ann", {1}),
        ("tag:gold*", {1}),
        ("tag:gold", set()),
        ("-tag:beta", {2, 3}),
        ("version:2.4.*", {1}),
        ("version:7", {2}),
        ("run:k_1", {1}),
        ("run:k?1", set()),
        ('name:"it\'s 100% (sure)"', {2}),
        ("error:timeout", {1}),
        ("error:30", {1}),
        ('verdict:"ORDER 7"', {1}),
        ("complete:no", {3}),
        ("clock:invalid", {3}),
        ("pinned:yes", {2}),
        ("setup:yes", set()),
        ("-pinned:yes", {1, 3}),
        ("duration>1.5s", {2}),
        ("duration<=1000ms", {1}),
        ("cost>0.2", {1}),
        ("cost<$1", {1}),
        ("tokens>=1.1k", {1}),
        ("spans:3 errors:1 calls:1", {1}),
        ("since:2026-09-21T14:15:50+00:00", {2, 3}),
        ("before:2026-09-21T14:15:50", {1}),
        ("since:2026-09-21T14:21:40", {3}),
        ("refund", {1}),
        ("BILLING", {2}),
        ("0002", {2}),
        ("100%", {2}),
        ("1_0%", set()),
    ],
)
def test_a_term_finds_the_runs_it_describes(store: Store, text: str, runs: set[int]) -> None:
    """Each field by itself; names match whole unless a star is written, and only a star stands for anything."""
    assert found(store, text) == runs


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("status:failed tool:refund_order", {1}),
        ("status:failed agent:billing", set()),
        ("agent:billing or agent:support*", {1, 2}),
        ("-agent:billing", {1, 3}),
        ("not agent:billing and not agent:support*", {3}),
        ("agent:billing or agent:support* status:failed", {1, 2}),
        ("(agent:billing or agent:support*) status:failed", {1}),
        ("-(agent:billing or cost>0.2)", {3}),
        ("not not agent:billing", {2}),
        ('"or" status:failed', {1}),
    ],
)
def test_terms_combine(store: Store, text: str, runs: set[int]) -> None:
    """Side by side means and, which binds closer than or; a contrary also holds where nothing is known."""
    assert found(store, text) == runs


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", "3.2 2.1 2.2 1.1 1.2 1.3"),
        ("status:failed", "1.1 1.2 1.3"),
        ("status:failed kind:tool", "1.3"),
        ("kind:model_call", "2.2 1.2"),
        ("ended:error", "1.3"),
        ("span:*3", "1.3"),
        ("tool:refund*", "1.3"),
        ("model:gpt-4o*", "1.2"),
        ("agent:support-desk", "1.1 1.2 1.3"),
        ("-agent:support-desk -agent:billing", "3.2"),
        ("service:shop", "1.1"),
        ("tag:beta -kind:agent", "1.2 1.3"),
        ("version:7", "2.2"),
        ("name:work", "3.2 2.2 1.1 1.2 1.3"),
        ("error:timeout", "1.3"),
        ("duration>1.5s", "2.1 2.2"),
        ("cost>0.2", "1.2"),
        ("tokens<100", "2.2"),
        ("since:2026-09-21T14:21:40", "3.2"),
        ("before:2026-09-21T14:15:50", "1.1 1.2 1.3"),
        ("text:refund_order", "1.3"),
        ("sure", "2.1"),
        ("refund", "1.3"),
        ("run:0002* spans:2", "2.1 2.2"),
        ("complete:no or tokens>1k", "3.2 1.2"),
    ],
)
def test_the_same_terms_find_spans(store: Store, text: str, spans: str) -> None:
    """What spans have is asked of the span, the rest of its run."""
    rows = store.query("spans", span_filter=text).to_pylist()
    named = [f"{int(row['run_id'][:4], 16)}.{int(row['span_id'], 16)}" for row in rows]
    assert sorted(named) == sorted(spans.split())


def test_errors_follow_what_arrives_and_how_runs_are_joined(tmp_path: Path) -> None:
    """An error counts for the run its span is in now: of a newer version, of two runs that became one, of one in a split trace."""
    with closing(Store(tmp_path)) as store:
        failed = span(1, 1, Kind.AGENT, run_key="K", error_type="Late")
        store.ingest([replace(failed, end_ns=0, error_type="Early"), span(2, 1, Kind.AGENT)], [], ARRIVED)
        assert (found(store, "error:early"), found(store, "error:late")) == ({1}, set())
        store.ingest([failed, span(2, 2, run_key="K", error_message="late too")], [], ARRIVED + 1)
        assert (found(store, "error:early"), found(store, '-error:"late too"')) == (set(), set())
        store.ingest([span(3, 1, Kind.AGENT), span(3, 2, Kind.AGENT, parent_span_id=None, error_type="E")], [], ARRIVED)
        assert [run["root_span_id"] for run in store.query("runs", filter="error:E run:0003*").to_pylist()] == [
            f"{2:016x}"
        ]


def test_spans_come_newest_first_with_the_run_they_belong_to(tmp_path: Path) -> None:
    """Each once, at most as many as asked for; in a trace of several runs each span is in its own."""
    with closing(Store(tmp_path)) as store:
        roots = [span(1, number, Kind.AGENT, parent_span_id=None, start_ns=T0 + number) for number in (1, 2)]
        store.ingest([*roots, span(1, 3, parent_span_id=roots[1].span_id, start_ns=T0 + 3)], [], ARRIVED)
        rows = store.query("spans").to_pylist()
        assert [row["span_id"] for row in rows] == [f"{number:016x}" for number in (3, 2, 1)]
        assert [row["run_id"] == rows[1]["run_id"] for row in rows] == [True, True, False]
        assert store.query("spans", limit=2)["span_id"].to_pylist() == [f"{number:016x}" for number in (3, 2)]
        assert len(store.query("spans", span_filter=f"run:{rows[2]['run_id']}")) == 1


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("agent:x statsu:failed", 8, "did you mean status"),
        ("zzzzzz:1", 0, "there are status, grade"),
        ("status:lost", 0, "one of ok, failed"),
        ("agent>x", 0, "cannot be compared"),
        ("duration>5", 0, "300ms, 5s"),
        ("cost>much", 0, "compared with a number"),
        ("since:yesterday", 0, "neither an age"),
        ('a "b', 2, "never closed"),
        ('agent:"b', 6, "never closed"),
        ("agent: x", 6, "needs a value"),
        ("a (b c", 2, "never closed"),
        ("a b)", 3, "closes nothing"),
        ("()", 1, "nothing stands before"),
        ("a or", 4, "missing at the end"),
        ("and a", 0, "between two terms"),
        ("(" * 60 + "a", 50, "inside each other"),
        ("a " * 101, 200, "more than 100 terms"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_place(text: str, position: int, reason: str) -> None:
    """The error says where, why, and what was probably meant."""
    with pytest.raises(FilterError, match=reason) as refused:
        parse(text)
    assert refused.value.position == position
    assert f"character {position + 1}:" in str(refused.value)


_PIECES = st.sampled_from(
    [
        *(f"{name}{op}" for name in FIELDS for op in (":", ">")),
        *'()-"*\\% ',
        "or",
        "not",
        "and",
        "failed",
        "7d",
        "5s",
        "9",
        "';--",
    ]
)
_TEXTS = st.one_of(
    st.text(), st.lists(_PIECES | st.text(max_size=3), max_size=12).map(" ".join), st.lists(_PIECES).map("".join)
)


@given(_TEXTS)
def test_any_text_is_read_or_refused_and_becomes_parameters_only(store: Store, text: str) -> None:
    """Whatever is typed parses or raises FilterError inside the text; the SQL has none of it, and runs."""
    try:
        compiled = [condition(parse(text), lambda *_: ([], []), subject) for subject in ("runs", "spans")]
    except FilterError as error:
        place = error.position
    else:
        for each in compiled:
            assert_ours_only(each)
        store.query("runs", filter=text)
        store.query("spans", span_filter=text)
        return
    assert 0 <= place <= len(text)


def assert_ours_only(compiled: Condition) -> None:
    """The SQL is made of the fragments of the fields, names of parameters, and what joins them."""
    ours = {sql for each in (*FIELDS.values(), ANY) for sql in (each.sql, each.span_sql) if sql}
    fragments = [re.escape(sql).replace(r"\{op\}", "(?:=|>=|>|<=|<)") for sql in ours]
    fragments = [
        re.sub(r"\\\{\w*\\\}", r"(?:CAST\\(\\$filter_\\d+ AS UBIGINT\\)|\\$filter_\\d+)", sql) for sql in fragments
    ]
    rest = re.sub("|".join(rf"coalesce\(\({sql}\), false\)" for sql in fragments), "TERM", compiled.sql)
    assert re.fullmatch(r"(?:TERM|true|\(|\)| AND | OR |NOT )+", rest)


def test_every_field_is_documented() -> None:
    """docs/filter.md has a row for every field, in the order of the table in the code, with the same meaning."""
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \| (.+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [
        (field.name, field.meaning, "the span" if field.span_sql else "its run") for field in FIELDS.values()
    ]
