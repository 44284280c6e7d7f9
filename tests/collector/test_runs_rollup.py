"""What one run comes to: the row that lists show."""

from typing import Any

import pytest

from whyspan.semconv import Kind
from whyspan_collector.prices import Prices
from whyspan_collector.rollup import RunRow, roll_up
from whyspan_collector.runs import EARLIEST_NS, LogFacts, SpanFacts

T0 = EARLIEST_NS + 10**18
TRACE = f"{1:032x}"
PRICES = Prices()


def span(number: int, parent: int | None = None, **fields: Any) -> SpanFacts:
    """A span of the one trace, a second long, begun `number` seconds after T0."""
    known = dict.fromkeys(SpanFacts.__slots__)
    known |= {
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": f"span {number}",
        "kind": Kind.STEP,
        "linked_spans": [],
        "start_ns": T0 + number * 10**9,
        "end_ns": T0 + (number + 1) * 10**9,
        "status": "unset",
        "content_hash": f"hash {number}",
        "arrived_ns": 1,
        "setup": False,
    }
    return SpanFacts(**known | fields)


def call(number: int, parent: int | None = None, **fields: Any) -> SpanFacts:
    """A model call."""
    return span(number, parent, kind=Kind.MODEL_CALL, **fields)


def row(*spans: SpanFacts, logs: tuple[LogFacts, ...] = ()) -> RunRow:
    """The roll-up of these spans, which are all that is stored."""
    return roll_up(TRACE, spans, logs, {one.key for one in spans}, PRICES)


def test_a_run_is_named_after_its_root() -> None:
    """Name, agent and the rest come from the root agent, else from the first span that has them."""
    run = row(
        span(1, 2, kind=Kind.AGENT, agent="helper", session_id="s", service="tools"),
        span(2, kind=Kind.AGENT, agent="boss", name="serve", service="api"),
        span(0, kind=Kind.STEP),
    )
    assert (run.name, run.agent, run.service, run.session_id) == ("serve", "boss", "api", "s")
    assert run.root_span_id == f"{2:016x}"


def test_the_agent_is_the_first_that_is_named_when_the_root_is_none() -> None:
    """A root without a name for its agent does not hide the agent below it; no agent anywhere is none."""
    assert row(span(1), span(3, 1, kind=Kind.AGENT, agent="later"), span(2, 1, kind=Kind.AGENT, agent="a")).agent == "a"
    assert row(span(1), call(2, 1, agent="in a model call only")).agent == "in a model call only"
    assert row(span(1)).agent is None


@pytest.mark.parametrize(
    ("outer", "inner", "calls"),
    [
        (["t", None, "mcp", "client"], ["t", None, "mcp", "server"], 1),
        (["t", None, "agentchat", "internal"], ["t", "c1", "core", "internal"], 1),
        (["t", "c1", "a", "internal"], ["t", "c1", "b", "internal"], 1),
        (["t", "c1", "a", "internal"], ["t", "c2", "b", "internal"], 2),
        (["t", None, "a", "client"], ["u", None, "b", "server"], 2),
        (["t", None, "a", "internal"], ["t", None, "a", "internal"], 2),
        ([None, None, "a", "client"], [None, None, "b", "server"], 2),
    ],
)
def test_a_tool_call_that_two_layers_recorded_is_one(outer: list[Any], inner: list[Any], calls: int) -> None:
    """Client and server of MCP, or a framework and what it is built on; a tool that calls itself or another is called twice."""
    spans = span(1, kind=Kind.TOOL, call=outer), span(2, 1, kind=Kind.TOOL, call=inner)
    assert row(*spans).tool_calls == calls
    assert row(span(1, 1, kind=Kind.TOOL, call=outer)).tool_calls == 1


def test_a_run_of_preparations_says_so() -> None:
    """Only where every span of it is one."""
    assert row(span(1, setup=True), span(2, 1, setup=True)).setup
    assert not row(span(1, setup=True), span(2, 1)).setup


def test_a_run_has_the_tags_of_all_its_spans() -> None:
    """Each once, sorted; a run that nobody labelled has none."""
    assert row(span(1, tags=["prod", "beta"]), span(2, 1), span(3, 1, tags=["beta", "a"])).tags == ["a", "beta", "prod"]
    assert row(span(1)).tags == []


def test_tokens_of_nested_model_calls_count_once() -> None:
    """A gateway's call around the provider's call and an agent's sum are what the innermost calls used."""
    run = row(
        span(1, kind=Kind.AGENT, input_tokens=30, output_tokens=3, cost=9.0),
        call(2, 1, input_tokens=10, output_tokens=1, cost=0.5),
        call(3, 2, input_tokens=10, output_tokens=1),
        call(4, 1, input_tokens=20, output_tokens=2),
    )
    assert (run.input_tokens, run.output_tokens, run.cost, run.model_calls) == (30, 3, 0.5, 2)


def test_tokens_come_from_the_outermost_spans_where_no_model_call_has_them() -> None:
    """Some instrumentations report usage on agents and steps only."""
    run = row(
        span(1),
        span(2, 1, kind=Kind.AGENT, input_tokens=10),
        span(3, 2, input_tokens=7),
        span(4, 3, input_tokens=7),
        span(5, 1, input_tokens=5),
        call(6, 5),
    )
    assert (run.input_tokens, run.output_tokens, run.cost) == (15, None, None)


def test_a_cost_that_is_no_number_is_not_a_cost() -> None:
    """NaN and infinity are legal on the wire and would spoil every sum."""
    assert row(call(1, cost=float("nan")), call(2, cost=0.25)).cost == 0.25


@pytest.mark.parametrize(
    ("start", "end"), [(0, T0), (1, 2), (2**63 - 1, 2**63 - 1), (2**64 - 1, 2**64 - 1), (T0 + 5, T0 + 4)]
)
def test_times_that_cannot_be_times_are_left_out_of_the_window(start: int, end: int) -> None:
    """One broken clock does not make the run start in 1970 or last for centuries, and the run says so."""
    run = row(span(1), span(2, 1, start_ns=start, end_ns=end))
    assert not run.clock_valid
    assert (run.start_ns, run.end_ns) == (T0 + 10**9, T0 + 2 * 10**9)


def test_a_pending_span_has_a_start_and_no_end() -> None:
    """A run that is still going on has a valid clock and has lasted until its last sign of life."""
    run = row(span(1, end_ns=0), span(5, 1, end_ns=0))
    assert (run.clock_valid, run.pending, run.start_ns, run.end_ns) == (True, 2, T0 + 10**9, T0 + 5 * 10**9)
    assert row(span(1, start_ns=0, end_ns=0)).start_ns == 0


def test_spans_whose_parent_never_arrived_are_counted_and_are_no_root() -> None:
    """An orphan has lost what stands above it; that is not the same as having nothing above it."""
    run = row(span(1, 99), span(2, 1))
    assert (run.orphans, run.root_span_id, run.name) == (1, None, "span 1")


def test_a_parent_in_another_run_of_the_trace_makes_a_root() -> None:
    """In a trace that holds several runs the top of a run may have a parent; it is stored, so nothing is missing."""
    top, below = span(2, 1), span(3, 2)
    run = roll_up(TRACE, [top, below], [], {top.key, below.key, (TRACE, f"{1:016x}")}, PRICES)
    assert (run.orphans, run.root_span_id) == (0, top.span_id)


def test_the_revision_is_that_of_the_set() -> None:
    """Another order or arrival is the same revision; another span, version or log is another."""
    one, two = span(1), span(2)
    log = LogFacts(TRACE, None, "hash of a log", 7)
    same = {row(one, two).revision, row(two, one).revision, row(span(1, arrived_ns=9), two).revision}
    others = {row(one).revision, row(one, span(2, content_hash="x")).revision, row(one, two, logs=(log,)).revision}
    assert len(same) == 1
    assert len(same | others) == 4
    assert row(one, two, logs=(log,)).last_arrived_ns == 7


def test_deep_trees_and_cycles_of_parents_are_summed_up() -> None:
    """10,000 model calls inside each other and spans that are their own parents are ordinary input."""
    chain = [call(number, number - 1 or None, input_tokens=1) for number in range(1, 10_001)]
    assert row(*chain).input_tokens == 1
    steps = [span(number, number - 1 or None, input_tokens=1) for number in range(1, 10_001)]
    assert row(*steps).input_tokens == 1
    assert row(span(1, 2, input_tokens=1), span(2, 1), call(3, 3, input_tokens=4)).input_tokens == 4
