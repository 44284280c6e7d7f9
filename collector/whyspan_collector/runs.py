"""Which spans are one run, and what one run comes to: pure functions of the set of stored spans and logs.

Spans belong together when they share a trace id, are joined by a span link or carry the same run key. A trace with several
root agents holds several runs. Nothing here depends on the order in which anything arrived.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from whyspan.semconv import Kind

SpanKey: TypeAlias = tuple[str, str]
"""(trace id, span id): span ids are unique within their trace only."""

_Part: TypeAlias = tuple[str, str]
"""(trace id, span id of the anchor): the piece of a trace that no join can take apart."""


EARLIEST_NS = 946_684_800 * 10**9
"""2000-01-01: nothing was traced before; 0 and 1 are what broken clocks send."""
LATEST_NS = 7_258_118_400 * 10**9
"""2200-01-01: beyond it lie milliseconds sent as nanoseconds times a million, and 2^64-1."""


@dataclass(slots=True)  # not frozen: that triples what it costs to make one, and there is one per span
class SpanFacts:
    """What the grouping and the roll-up need to know about a span. Fields are those of `records.Span`."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    run_key: str | None
    linked_spans: Sequence[str]
    """The spans it links to, stored or not, each as `<trace id>-<span id>`."""
    start_ns: int
    end_ns: int
    status: str
    service: str | None
    environment: str | None
    vocabulary: str | None
    agent: str | None
    session_id: str | None
    user_id: str | None
    tags: Sequence[str] | None
    model: str | None
    """The model that answered, else the one that was asked."""
    provider: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cost: float | None
    content_hash: str
    arrived_ns: int
    call: Sequence[str | None] | None
    """Of a tool's span: the tool, the id of the call, the instrumentation scope, the OpenTelemetry kind."""
    setup: bool
    """True for preparations: an agent is created, MCP peers introduce themselves."""

    @property
    def key(self) -> SpanKey:
        """What identifies the span."""
        return self.trace_id, self.span_id

    @property
    def starts_validly(self) -> bool:
        """Whether the start is a time that a clock can have shown."""
        return EARLIEST_NS <= self.start_ns < LATEST_NS


@dataclass(slots=True)
class LogFacts:
    """What the roll-up needs to know about a log record of some trace."""

    trace_id: str
    span_id: str | None
    content_hash: str
    arrived_ns: int


def partition(spans: Iterable[SpanFacts]) -> dict[str, list[SpanFacts]]:
    """Groups spans into runs.

    Within a trace an *anchor* is a parentless agent span, or the topmost span of a subtree that carries a run key.
    An anchor takes its subtree; everything else (orphans, roots that are no agent) goes with the earliest anchor.
    The parts so made are joined by links and by equal run keys. A link to a trace leads to the part that holds the
    linked span, or to the trace's earliest part while that span is not stored; a link into a trace of which nothing
    is stored joins nothing.

    Args:
        spans: a set that is closed under these joins, in any order, every span once.

    Returns:
        run id -> its spans by (start, trace id, span id). The run id is the id of the trace that starts first (what joins
        a run later, say feedback, does not rename it), with `-<span id of its earliest anchor there>` appended when other
        spans of that trace belong to another run.
    """
    traces: dict[str, dict[str, SpanFacts]] = defaultdict(dict)
    for span in spans:
        traces[span.trace_id][span.span_id] = span
    part_of: dict[SpanKey, _Part] = {}
    earliest: dict[str, _Part] = {}
    for trace_id, members in traces.items():
        anchor_of, first = _anchors(members)
        earliest[trace_id] = trace_id, first
        for span_id, anchor in anchor_of.items():
            part_of[trace_id, span_id] = trace_id, anchor
    joined = _join(traces, part_of, earliest)
    groups: dict[_Part, set[_Part]] = defaultdict(set)
    for part in part_of.values():
        groups[joined.find(part)].add(part)
    run_ids = _run_ids(groups, traces)
    runs: dict[str, list[SpanFacts]] = {run_id: [] for run_id in sorted(run_ids.values())}
    for key, part in part_of.items():
        runs[run_ids[joined.find(part)]].append(traces[key[0]][key[1]])
    for members_of_run in runs.values():
        members_of_run.sort(key=lambda span: (span.start_ns, span.trace_id, span.span_id))
    return runs


def assign_logs(runs: Mapping[str, list[SpanFacts]], logs: Iterable[LogFacts]) -> dict[str, list[LogFacts]]:
    """Gives every log record to the run of its span.

    A record that names no stored span goes to every run of its trace: nothing says which of them it belongs to.
    """
    run_of = {span.key: run_id for run_id, spans in runs.items() for span in spans}
    runs_of_trace: dict[str, set[str]] = defaultdict(set)
    for (trace_id, _), run_id in run_of.items():
        runs_of_trace[trace_id].add(run_id)
    assigned: dict[str, list[LogFacts]] = defaultdict(list)
    for log in logs:
        run = run_of.get((log.trace_id, log.span_id)) if log.span_id else None
        for run_id in (run,) if run else runs_of_trace.get(log.trace_id, ()):
            assigned[run_id].append(log)
    return assigned


class _Joined:
    """Disjoint sets of parts (union-find with path halving)."""

    def __init__(self) -> None:
        self._above: dict[_Part, _Part] = {}

    def find(self, part: _Part) -> _Part:
        above = self._above
        while (parent := above.get(part, part)) != part:
            above[part] = above.get(parent, parent)
            part = parent
        return part

    def union(self, one: _Part, other: _Part) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self._above[max(one, other)] = min(one, other)


def _anchors(members: Mapping[str, SpanFacts]) -> tuple[dict[str, str], str]:
    """Returns span id -> anchor's span id for one trace, and the earliest anchor ("" where the trace has none)."""
    children: dict[str, list[SpanFacts]] = defaultdict(list)
    stack: list[tuple[SpanFacts, str]] = []
    for span in members.values():
        if (parent := span.parent_span_id) and parent in members:
            children[parent].append(span)
        else:
            stack.append((span, ""))
    found: dict[str, str] = {}
    while stack:
        span, anchor = stack.pop()
        if not anchor and (span.run_key or (span.kind == Kind.AGENT and not span.parent_span_id)):
            anchor = span.span_id
        found[span.span_id] = anchor
        stack.extend((child, anchor) for child in children.get(span.span_id, ()))
    anchors = {anchor for anchor in found.values() if anchor}
    first = min(anchors, key=lambda span_id: (members[span_id].start_ns, span_id), default="")
    # Spans in a cycle of parents are below nothing and were not visited.
    return {span_id: found.get(span_id) or first for span_id in members}, first


def _join(
    traces: Mapping[str, Mapping[str, SpanFacts]], part_of: Mapping[SpanKey, _Part], earliest: Mapping[str, _Part]
) -> _Joined:
    joined = _Joined()
    part_of_run_key: dict[str, _Part] = {}
    for members in traces.values():
        for span in members.values():
            part = part_of[span.key]
            if span.run_key:
                joined.union(part, part_of_run_key.setdefault(span.run_key, part))
            for link in span.linked_spans:
                trace_id, _, span_id = link.partition("-")
                other = part_of.get((trace_id, span_id))
                if other is None and trace_id != span.trace_id:
                    other = earliest.get(trace_id)
                if other is not None:
                    joined.union(part, other)
    return joined


def _run_ids(groups: Mapping[_Part, set[_Part]], traces: Mapping[str, Mapping[str, SpanFacts]]) -> dict[_Part, str]:
    groups_of_trace: dict[str, set[_Part]] = defaultdict(set)
    for group, parts in groups.items():
        for trace_id, _ in parts:
            groups_of_trace[trace_id].add(group)
    run_ids = {}
    for group, parts in groups.items():
        first = min({trace_id for trace_id, _ in parts}, key=lambda trace_id: (_start_of(traces[trace_id]), trace_id))
        if len(groups_of_trace[first]) == 1:
            run_ids[group] = first
        else:
            anchors = (anchor for trace_id, anchor in parts if trace_id == first)
            root = min(anchors, key=lambda span_id: (traces[first][span_id].start_ns, span_id))
            run_ids[group] = f"{first}-{root}"
    return run_ids


def _start_of(members: Mapping[str, SpanFacts]) -> float:
    """The earliest valid start among a trace's spans, infinite where none is valid."""
    return min((span.start_ns for span in members.values() if span.starts_validly), default=inf)
