"""Which spans are one run."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from whyspan.semconv import Kind
from whyspan_collector.runs import EARLIEST_NS, LogFacts, SpanFacts, assign_logs, partition


def trace(number: int) -> str:
    """A trace id that sorts by its number."""
    return f"{number:032x}"


def span(trace_number: int, number: int, parent: int | None = None, **fields: Any) -> SpanFacts:
    """A span that began at its number; an agent span unless told otherwise."""
    known = dict.fromkeys(SpanFacts.__slots__)
    known |= {
        "trace_id": trace(trace_number),
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": f"span {number}",
        "kind": Kind.AGENT,
        "linked_spans": [],
        "start_ns": number,
        "end_ns": number + 1,
        "status": "ok",
        "content_hash": f"{trace_number}.{number}",
        "arrived_ns": 1,
    }
    return SpanFacts(**known | fields)


def link(trace_number: int, number: int) -> list[str]:
    """A link to that span."""
    return [f"{trace(trace_number)}-{number:016x}"]


def members(runs: dict[str, list[SpanFacts]]) -> dict[str, set[tuple[int, int]]]:
    """Run id -> (trace number, span number) of its spans."""
    return {
        run_id: {(int(span.trace_id, 16), int(span.span_id, 16)) for span in spans} for run_id, spans in runs.items()
    }


def grouped(spans: Iterable[SpanFacts]) -> list[set[tuple[int, int]]]:
    """The runs without their ids."""
    return list(members(partition(spans)).values())


def test_a_trace_is_one_run_named_by_its_id() -> None:
    """The ordinary case: a root agent, what it called, and a sub-agent."""
    spans = [span(1, 1), span(1, 2, 1, kind=Kind.TOOL), span(1, 3, 2)]
    assert members(partition(spans)) == {trace(1): {(1, 1), (1, 2), (1, 3)}}


def test_links_and_run_keys_join_traces_under_the_smallest_id() -> None:
    """A run that continues in other traces is one run, however the traces are joined."""
    spans = [span(3, 1, linked_spans=link(2, 2)), span(2, 2, run_key="order 7"), span(1, 3, run_key="order 7")]
    assert members(partition(spans)) == {trace(1): {(1, 3), (2, 2), (3, 1)}}


def test_a_session_joins_nothing() -> None:
    """A conversation is many runs."""
    assert len(grouped([span(1, 1, session_id="s"), span(2, 2, session_id="s")])) == 2


def test_a_link_to_a_trace_that_is_not_stored_joins_nothing() -> None:
    """Two runs that link to the same unknown trace are two runs until it is known."""
    spans = [span(1, 1, linked_spans=link(9, 9)), span(2, 2, linked_spans=link(9, 9))]
    assert len(grouped(spans)) == 2
    assert len(grouped([*spans, span(9, 9)])) == 1


def test_several_root_agents_in_one_trace_are_several_runs() -> None:
    """Each root takes its subtree; orphans and roots that are no agent go with the earliest root."""
    spans = [
        span(1, 2),
        span(1, 3, 2, kind=Kind.TOOL),
        span(1, 4),
        span(1, 5, 4, kind=Kind.TOOL),
        span(1, 1, kind=Kind.STEP),
        span(1, 6, 99, kind=Kind.MODEL_CALL),
    ]
    assert members(partition(spans)) == {
        f"{trace(1)}-{2:016x}": {(1, 1), (1, 2), (1, 3), (1, 6)},
        f"{trace(1)}-{4:016x}": {(1, 4), (1, 5)},
    }


def test_subtrees_with_different_run_keys_are_several_runs() -> None:
    """A batch job with one root span and several keyed agents below it; the job itself goes with the earliest."""
    spans = [
        span(1, 1, kind=Kind.STEP),
        span(1, 2, 1, run_key="a"),
        span(1, 3, 2, kind=Kind.TOOL),
        span(1, 4, 1, run_key="b"),
    ]
    assert grouped(spans) == [{(1, 1), (1, 2), (1, 3)}, {(1, 4)}]
    assert len(grouped([span(1, 1, kind=Kind.STEP), span(1, 2, 1, run_key="a"), span(1, 3, 1, run_key="a")])) == 1


def test_a_sub_agent_with_a_key_of_its_own_stays_in_the_run_that_called_it() -> None:
    """What an agent calls belongs to its run, and the other spans of that key with it."""
    spans = [span(1, 1, run_key="outer"), span(1, 2, 1, run_key="inner"), span(2, 3, run_key="inner")]
    assert len(grouped(spans)) == 1


def test_a_link_leads_to_the_run_that_holds_the_linked_span() -> None:
    """In a trace of several runs only the linked one continues in the other trace; unknown spans mean the earliest."""
    spans = [span(5, 1), span(5, 2), span(6, 3, linked_spans=link(5, 2)), span(7, 4, linked_spans=link(5, 99))]
    assert sorted(map(sorted, grouped(spans))) == [[(5, 1), (7, 4)], [(5, 2), (6, 3)]]
    joined = [span(5, 1), span(5, 2, linked_spans=link(5, 1)), span(5, 3, linked_spans=link(5, 99))]
    assert sorted(map(sorted, grouped(joined))) == [[(5, 1), (5, 2)], [(5, 3)]]


def test_what_joins_later_does_not_rename_a_run() -> None:
    """The trace that starts first names the run, whichever id chance gave to it and to the feedback; broken clocks do not."""
    start = EARLIEST_NS + 10**18
    asked = [span(5, 1, run_key="a", start_ns=start), span(5, 2, 1, start_ns=1)]
    reviewed = span(4, 3, run_key="a", start_ns=start + 10**12)
    unclocked = span(3, 4, run_key="a", start_ns=0)
    assert list(partition(asked)) == list(partition([*asked, reviewed])) == [trace(5)]
    assert list(partition([*asked, unclocked])) == [trace(5)]
    assert list(partition([span(5, 1, run_key="a"), span(4, 3, run_key="a")])) == [trace(4)]


def test_the_roots_span_id_is_part_of_a_run_id_only_where_a_trace_is_shared() -> None:
    """Of two runs in one trace, the one that starts in a trace of its own is named by that alone."""
    spans = [span(5, 1), span(5, 2), span(4, 3, linked_spans=link(5, 2))]
    assert members(partition(spans)) == {trace(4): {(4, 3), (5, 2)}, f"{trace(5)}-{1:016x}": {(5, 1)}}


def test_cycles_of_parents_stay_with_the_earliest_root() -> None:
    """Spans that are each other's parents are below nothing and are still part of a run."""
    spans = [span(1, 1), span(1, 2), span(1, 3, 4), span(1, 4, 3), span(1, 5, 5)]
    assert grouped(spans) == [{(1, 1), (1, 3), (1, 4), (1, 5)}, {(1, 2)}]
    assert grouped([span(1, 3, 4), span(1, 4, 3)]) == [{(1, 3), (1, 4)}]


def test_depth_and_width_do_not_matter() -> None:
    """A chain of 20,000 spans and a trace of 5,000 root agents are grouped without recursion or quadratic work."""
    chain = [span(1, number, number - 1 if number > 1 else None) for number in range(1, 20_001)]
    assert len(partition(chain)) == 1
    assert len(partition([span(1, number) for number in range(5_000)])) == 5_000


def test_a_log_goes_to_the_run_of_its_span_else_to_every_run_of_its_trace() -> None:
    """Nothing is guessed: a record without a known span may belong to any run of its trace."""
    runs = partition([span(1, 1), span(1, 2), span(2, 3)])
    logs = [
        LogFacts(trace(1), f"{2:016x}", "of 2", 1),
        LogFacts(trace(1), None, "of trace 1", 1),
        LogFacts(trace(9), None, "of nothing stored", 1),
    ]
    assigned = {run_id: {log.content_hash for log in found} for run_id, found in assign_logs(runs, logs).items()}
    assert assigned == {f"{trace(1)}-{1:016x}": {"of trace 1"}, f"{trace(1)}-{2:016x}": {"of 2", "of trace 1"}}


@st.composite
def span_sets(draw: st.DrawFn) -> list[SpanFacts]:
    """Up to 14 spans of up to 4 traces with parents (known, unknown and cyclic), links and run keys."""
    keys = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6)), unique=True, min_size=1, max_size=14))
    return [
        span(
            *key,
            draw(st.none() | st.integers(1, 7)),
            kind=draw(st.sampled_from([Kind.AGENT, Kind.TOOL])),
            run_key=draw(st.sampled_from([None, None, None, "a", "b"])),
            linked_spans=draw(st.just([]) | st.builds(link, st.integers(1, 5), st.integers(1, 7))),
            start_ns=draw(st.integers(0, 3)),
        )
        for key in keys
    ]


@given(span_sets(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(spans: list[SpanFacts], shuffler: random.Random) -> None:
    """The same spans in another order are the same runs with the same ids."""
    shuffled = list(spans)
    shuffler.shuffle(shuffled)
    assert partition(shuffled) == partition(spans)


@given(span_sets())
def test_every_join_holds_and_nothing_is_lost(spans: Sequence[SpanFacts]) -> None:
    """Every span is in one run; equal run keys and links to stored spans never cross a border between runs."""
    runs = partition(spans)
    run_of = {span.key: run_id for run_id, found in runs.items() for span in found}
    assert sum(map(len, runs.values())) == len(run_of) == len(spans)
    for one in spans:
        for target in one.linked_spans:
            linked = tuple(target.split("-"))
            assert run_of.get(linked, run_of[one.key]) == run_of[one.key]
        for other in spans:
            if one.run_key and one.run_key == other.run_key:
                assert run_of[one.key] == run_of[other.key]
    for run_id, found in runs.items():
        assert run_id[:32] == min(span.trace_id for span in found)


@given(span_sets(), st.data())
def test_a_run_is_found_again_from_its_traces_alone(spans: list[SpanFacts], data: st.DataObject) -> None:
    """Regrouping the traces of one run, without the rest of the store, gives that run: reads need no more than them."""
    run_id, found = data.draw(st.sampled_from(sorted(partition(spans).items())))
    traces = {span.trace_id for span in found}
    again = partition([span for span in spans if span.trace_id in traces])
    assert again[run_id] == found
