"""One run summed up: the row of the `runs` table that lists read instead of the spans.

A pure function of the run's spans and logs, and of the price table.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from whyspan.semconv import Kind
from whyspan_collector.prices import Prices
from whyspan_collector.runs import LATEST_NS, LogFacts, SpanFacts, SpanKey
from whyspan_collector.usage import Usage, above, costs, total, usage_of


@dataclass(frozen=True, slots=True)
class RunRow:
    """One row of the `runs` table; the schema says what its columns mean."""

    run_id: str
    trace_ids: list[str]
    root_span_id: str | None
    run_keys: list[str]
    name: str
    agent: str | None
    service: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    tags: list[str]
    setup: bool
    models: list[str]
    vocabularies: list[str]
    start_ns: int
    end_ns: int
    clock_valid: bool
    spans: int
    logs: int
    errors: int
    model_calls: int
    tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    usage: list[Usage]
    cost: float | None
    costs_recorded: int
    costs_derived: int
    costs_unknown: int
    orphans: int
    pending: int
    revision: str
    last_arrived_ns: int


def roll_up(
    run_id: str, spans: Sequence[SpanFacts], logs: Sequence[LogFacts], stored: Collection[SpanKey], prices: Prices
) -> RunRow:
    """Sums one run up.

    Args:
        run_id: the run.
        spans: its spans, at least one.
        logs: its log records.
        stored: keys of all stored spans of its traces. In a trace that holds several runs the parent of a span may
            be stored and belong to another run; such a span is a root, not an orphan.
        prices: what tokens cost where no cost was reported.
    """
    ordered = sorted(spans, key=lambda span: (not span.starts_validly, span.start_ns, span.trace_id, span.span_id))
    own = {span.key for span in ordered}
    parents = {span.key: (span.trace_id, span.parent_span_id) for span in ordered if span.parent_span_id}
    parents = {key: parent for key, parent in parents.items() if parent in own or parent not in stored}
    roots = (span for span in ordered if span.key not in parents)
    root = min(roots, key=lambda span: span.kind != Kind.AGENT, default=None)
    from_root = ordered if root is None else [root, *ordered]
    calls = {span.key for span in ordered if span.kind == Kind.MODEL_CALL}
    start_ns, end_ns, clock_valid = _clock(ordered)
    usage = usage_of(ordered, parents, prices)
    spent = costs(usage)
    return RunRow(
        run_id=run_id,
        trace_ids=_distinct(span.trace_id for span in ordered),
        root_span_id=root.span_id if root else None,
        run_keys=_distinct(span.run_key for span in ordered),
        name=from_root[0].name,
        agent=_agent(from_root),
        service=_first(span.service for span in from_root),
        environment=_first(span.environment for span in from_root),
        session_id=_first(span.session_id for span in from_root),
        user_id=_first(span.user_id for span in from_root),
        tags=_distinct(tag for span in ordered for tag in span.tags or ()),
        setup=all(span.setup for span in ordered),
        models=_distinct(span.model for span in ordered),
        vocabularies=_distinct(span.vocabulary for span in ordered),
        start_ns=start_ns,
        end_ns=end_ns,
        clock_valid=clock_valid,
        spans=len(ordered),
        logs=len(logs),
        errors=sum(span.status == "error" for span in ordered),
        model_calls=len(calls - above(calls, parents)),
        tool_calls=_tool_calls(ordered, parents),
        input_tokens=total(each.input_tokens for each in usage),
        output_tokens=total(each.output_tokens for each in usage),
        usage=usage,
        cost=spent.cost,
        costs_recorded=spent.costs_recorded,
        costs_derived=spent.costs_derived,
        costs_unknown=spent.costs_unknown,
        orphans=sum(parent not in own for parent in parents.values()),
        pending=sum(span.end_ns == 0 for span in ordered),
        revision=_revision(ordered, logs),
        last_arrived_ns=max([span.arrived_ns for span in ordered] + [log.arrived_ns for log in logs]),
    )


def _tool_calls(spans: Iterable[SpanFacts], parents: Mapping[SpanKey, SpanKey]) -> int:
    """Counts tool calls. One that two layers recorded, one span inside the other, is one call.

    They are one when both name the same tool, name no different call ids, and are a client's and a server's span or come
    from different instrumentation scopes. A tool that calls itself is recorded by one scope, and counts each time.
    """
    calls = {span.key: span.call for span in spans if span.call}
    return sum(not _same_call(calls.get(parents.get(key, key)), call) for key, call in calls.items())


def _same_call(outer: Sequence[str | None] | None, inner: Sequence[str | None]) -> bool:
    if outer is None or outer is inner or outer[0] is None or outer[0] != inner[0]:
        return False
    ids_differ = None not in (outer[1], inner[1]) and outer[1] != inner[1]
    return not ids_differ and (outer[2] != inner[2] or (outer[3], inner[3]) == ("client", "server"))


def _clock(spans: Iterable[SpanFacts]) -> tuple[int, int, bool]:
    """Returns start, end and whether every time can be one; 0, 0 where no span has valid times."""
    starts, ends, all_valid = [], [], True
    for span in spans:
        end_ns = span.end_ns or span.start_ns  # a pending span has run at least until it began
        if span.starts_validly and span.start_ns <= end_ns < LATEST_NS:
            starts.append(span.start_ns)
            ends.append(end_ns)
        else:
            all_valid = False
    return min(starts, default=0), max(ends, default=0), all_valid


def _agent(from_root: Sequence[SpanFacts]) -> str | None:
    """Names the root agent, else the first agent span that has a name, else the first agent any span names."""
    return _first(span.agent for span in from_root if span.kind == Kind.AGENT) or _first(
        span.agent for span in from_root
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _distinct(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})


def _revision(spans: Iterable[SpanFacts], logs: Iterable[LogFacts]) -> str:
    """Hashes the set of spans and logs: equal sets have equal revisions, whatever the order they came in."""
    digest = sha256()
    for content_hash in sorted([span.content_hash for span in spans] + [log.content_hash for log in logs]):
        digest.update(content_hash.encode())
    return digest.hexdigest()[:32]
