"""One run summed up: the row of the `runs` table that lists read instead of the spans.

A pure function of the run's spans and logs. Outer spans repeat what the calls below them used, so tokens and cost are
taken where they are counted once.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from whyspan.semconv import Kind
from whyspan_collector.runs import LogFacts, SpanFacts, SpanKey

EARLIEST_NS = 946_684_800 * 10**9
"""2000-01-01: nothing was traced before; 0 and 1 are what broken clocks send."""
LATEST_NS = 7_258_118_400 * 10**9
"""2200-01-01: beyond it lie milliseconds sent as nanoseconds times a million, and 2^64-1."""

Amount = TypeVar("Amount", int, float)


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
    cost: float | None
    orphans: int
    pending: int
    revision: str
    last_arrived_ns: int


def roll_up(run_id: str, spans: Sequence[SpanFacts], logs: Sequence[LogFacts], stored: Collection[SpanKey]) -> RunRow:
    """Sums one run up.

    Args:
        run_id: the run.
        spans: its spans, at least one.
        logs: its log records.
        stored: keys of all stored spans of its traces. In a trace that holds several runs the parent of a span may
            be stored and belong to another run; such a span is a root, not an orphan.
    """
    ordered = sorted(spans, key=lambda span: (not _starts_validly(span), span.start_ns, span.trace_id, span.span_id))
    own = {span.key for span in ordered}
    parents = {span.key: (span.trace_id, span.parent_span_id) for span in ordered if span.parent_span_id}
    parents = {key: parent for key, parent in parents.items() if parent in own or parent not in stored}
    roots = (span for span in ordered if span.key not in parents)
    root = min(roots, key=lambda span: span.kind != Kind.AGENT, default=None)
    from_root = ordered if root is None else [root, *ordered]
    calls = {span.key for span in ordered if span.kind == Kind.MODEL_CALL}
    start_ns, end_ns, clock_valid = _clock(ordered)

    def total(amount: Callable[[SpanFacts], Amount | None]) -> Amount | None:
        return _total({span.key: value for span in ordered if (value := amount(span)) is not None}, calls, parents)

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
        models=_distinct(span.model for span in ordered),
        vocabularies=_distinct(span.vocabulary for span in ordered),
        start_ns=start_ns,
        end_ns=end_ns,
        clock_valid=clock_valid,
        spans=len(ordered),
        logs=len(logs),
        errors=sum(span.status == "error" for span in ordered),
        model_calls=len(calls - _above(calls, parents)),
        tool_calls=sum(span.kind == Kind.TOOL for span in ordered),
        input_tokens=total(lambda span: span.input_tokens),
        output_tokens=total(lambda span: span.output_tokens),
        cost=total(lambda span: span.cost if span.cost is not None and math.isfinite(span.cost) else None),
        orphans=sum(parent not in own for parent in parents.values()),
        pending=sum(span.end_ns == 0 for span in ordered),
        revision=_revision(ordered, logs),
        last_arrived_ns=max([span.arrived_ns for span in ordered] + [log.arrived_ns for log in logs]),
    )


def _starts_validly(span: SpanFacts) -> bool:
    return EARLIEST_NS <= span.start_ns < LATEST_NS


def _clock(spans: Iterable[SpanFacts]) -> tuple[int, int, bool]:
    """Returns start, end and whether every time can be one; 0, 0 where no span has valid times."""
    starts, ends, all_valid = [], [], True
    for span in spans:
        end_ns = span.end_ns or span.start_ns  # a pending span has run at least until it began
        if _starts_validly(span) and span.start_ns <= end_ns < LATEST_NS:
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


def _total(
    amounts: Mapping[SpanKey, Amount], calls: Collection[SpanKey], parents: Mapping[SpanKey, SpanKey]
) -> Amount | None:
    """Adds up amounts so that each is counted once.

    Of model calls inside model calls (a gateway's, a wrapper's) the innermost that report count. Where no model call
    reports, the outermost spans that do.
    """
    by_calls = amounts.keys() & calls
    counted = by_calls - _above(by_calls, parents) if by_calls else _outermost(amounts.keys(), parents)
    return sum(amounts[key] for key in sorted(counted)) if counted else None


def _above(keys: Iterable[SpanKey], parents: Mapping[SpanKey, SpanKey]) -> set[SpanKey]:
    """Returns all ancestors of the keys; every span is passed once, so deep trees and cycles of parents are safe."""
    above: set[SpanKey] = set()
    for key in keys:
        ancestor = parents.get(key)
        while ancestor is not None and ancestor != key and ancestor not in above:
            above.add(ancestor)
            ancestor = parents.get(ancestor)
    return above


def _outermost(keys: Collection[SpanKey], parents: Mapping[SpanKey, SpanKey]) -> set[SpanKey]:
    """Returns the keys with no other of the keys above them."""
    below: dict[SpanKey, bool] = {}

    def is_below(key: SpanKey) -> bool:
        path = []
        ancestor = parents.get(key)
        while ancestor is not None and ancestor not in keys and ancestor not in below:
            below[ancestor] = False  # so that a cycle ends here
            path.append(ancestor)
            ancestor = parents.get(ancestor)
        found = ancestor is not None and ancestor != key and (ancestor in keys or below[ancestor])
        below.update(dict.fromkeys(path, found))
        return found

    return {key for key in keys if not is_below(key)}


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
