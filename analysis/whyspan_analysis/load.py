"""From stored spans to one `Run`: order, parents and content, whatever arrived and in whatever order.

No step recurses and none is quadratic: chains of 20,000 spans, cycles and missing roots are ordinary input.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from whyspan.semconv import Kind
from whyspan_analysis.model import Run
from whyspan_collector import vocabularies
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.rows import logs_from_table, outlines_from_table, spans_from_table
from whyspan_collector.runs import LATEST_NS

if TYPE_CHECKING:
    from pyarrow import Table

    from whyspan_collector.service import AnyStore


@dataclass(frozen=True, slots=True)
class Body:
    """One span with all it carried."""

    span: Span
    content: Content
    logs: list[Log]


def load_run(store: "AnyStore", run_id: str) -> Run:
    """The run of this id (see the query `resolve_run` for finding it), read from the store.

    Raises:
        LookupError: the store holds no such run.
    """
    spans = spans_from_table(store.query("run_spans_raw", run_id=run_id))
    if not spans:
        raise _no_run(run_id)
    return assemble(run_id, spans, logs_from_table(store.query("run_logs", run_id=run_id)))


def load_outline(store: "AnyStore", run_id: str) -> Run:
    """The run without what its spans carried: no attributes, no contents, no logs. A tenth of the time of `load_run`.

    Raises:
        LookupError: the store holds no such run.
    """
    spans = outlines_from_table(store.query("run_spans", run_id=run_id))
    if not spans:
        raise _no_run(run_id)
    return _arranged(run_id, spans)[0]


def load_bodies(store: "AnyStore", run_id: str, span_ids: list[str]) -> dict[str, Body]:
    """These spans of a run whole, by id; those it does not have are left out."""
    spans = spans_from_table(store.query("some_spans_raw", run_id=run_id, span_ids=span_ids))
    logs = _by_span(logs_from_table(store.query("some_spans_logs", run_id=run_id, span_ids=span_ids)))
    bodies: dict[str, Body] = {}
    for span in spans:
        own = logs.get(span.span_id, [])
        bodies.setdefault(span.span_id, Body(span, vocabularies.content(span, own), own))
    return bodies


def load_runs(store: "AnyStore", run_ids: list[str]) -> dict[str, Run]:
    """The runs of these ids that the store holds, read together: a hundred cost little more than one."""
    spans = by_run(store.query("runs_spans_raw", run_ids=run_ids))
    logs = by_run(store.query("runs_logs", run_ids=run_ids))
    return {
        run_id: assemble(run_id, spans_from_table(rows), logs_from_table(logs[run_id]) if run_id in logs else [])
        for run_id, rows in spans.items()
    }


def by_run(table: "Table") -> "dict[str, Table]":
    """The rows of each run; those of a run stand together, named in the column `of_run`."""
    slices, start = {}, 0
    for run_id, rows in groupby(table["of_run"].to_pylist()):
        length = sum(1 for _ in rows)
        slices[run_id] = table.slice(start, length)
        start += length
    return slices


def _no_run(run_id: str) -> LookupError:
    return LookupError(f"There is no run {run_id!r} in the store; `whyspan runs` lists what is there.")


def assemble(run_id: str, spans: Iterable[Span], logs: Iterable[Log]) -> Run:
    """The run these spans and logs make. Depends on the set of them only, never on their order."""
    run, cycles, shadowed = _arranged(run_id, spans)
    run.logs = sorted(logs, key=lambda log: (log.time_ns, log.span_id or "", log.event_name or "", repr(log.body)))
    own = _by_span(run.logs)
    run.contents = {span.span_id: vocabularies.content(span, own.get(span.span_id, [])) for span in run.spans}
    run.missing = _missing(run, cycles=cycles, shadowed=shadowed)
    return run


def _arranged(run_id: str, spans: Iterable[Span]) -> tuple[Run, int, int]:
    """The run without contents and logs, how many cycles of parents were cut, and how many spans another of the same id hides."""
    every = sorted(spans, key=lambda span: (span.start_ns, _after(span), span.span_id, span.trace_id))
    by_id: dict[str, Span] = {}
    for span in every:
        by_id.setdefault(span.span_id, span)
    roots, children, cycles = _tree(by_id)
    ordered = _causal_order(roots, children)
    orphans = [s.span_id for s in ordered if s.parent_span_id and s.parent_span_id not in by_id]
    run = Run(
        run_id=run_id,
        trace_ids=sorted({span.trace_id for span in every}),
        spans=ordered,
        contents={},
        logs=[],
        children={None: roots, **children},
        orphans=orphans,
        complete=not orphans and all(_ended(span) for span in ordered),
    )
    return run, cycles, len(every) - len(by_id)


def _ended(span: Span) -> bool:
    return span.end_ns > 0


def _tree(by_id: dict[str, Span]) -> tuple[list[Span], dict[str | None, list[Span]], int]:
    """Roots, children by parent, and how many cycles of parents had to be cut (at their earliest span)."""
    roots: list[Span] = []
    children: dict[str | None, list[Span]] = {}
    for span in by_id.values():
        if span.parent_span_id and span.parent_span_id in by_id:
            children.setdefault(span.parent_span_id, []).append(span)
        else:
            roots.append(span)
    reached = set(_below(roots, children))
    cycles = 0
    for span in by_id.values():
        if span.span_id in reached:
            continue
        cycles += 1
        children[span.parent_span_id].remove(span)
        roots.append(span)
        reached.update(_below([span], children))
    roots.sort(key=lambda span: (span.start_ns, _after(span), span.span_id))
    return roots, children, cycles


def _below(roots: list[Span], children: dict[str | None, list[Span]]) -> Iterable[str]:
    waiting = deque(roots)
    while waiting:
        span = waiting.popleft()
        yield span.span_id
        waiting.extend(children.get(span.span_id, ()))


def _causal_order(roots: list[Span], children: dict[str | None, list[Span]]) -> list[Span]:
    """By start time, but never before the parent: clocks of two machines differ, and 0 is a legal start."""
    placed: list[tuple[int, int, int, tuple[int, str], str, Span]] = []
    waiting = deque((root, 0, 0) for root in roots)
    while waiting:
        span, depth, not_before = waiting.popleft()
        start = max(span.start_ns, not_before) if span.start_ns < LATEST_NS else not_before
        placed.append((start, depth, span.start_ns, _after(span), span.span_id, span))
        waiting.extend((child, depth + 1, start) for child in children.get(span.span_id, ()))
    placed.sort(key=lambda entry: entry[:5])
    return [entry[5] for entry in placed]


def _after(span: Span) -> tuple[int, str]:
    """What puts spans in order that a coarse clock lets start at once: the one that ended first; ids say nothing."""
    return span.end_ns or LATEST_NS, span.name


def _by_span(logs: Iterable[Log]) -> dict[str, list[Log]]:
    by_span: dict[str, list[Log]] = {}
    for log in logs:
        if log.span_id:
            by_span.setdefault(log.span_id, []).append(log)
    return by_span


def _missing(run: Run, *, cycles: int, shadowed: int) -> list[str]:
    """What was not captured, in words for people."""
    calls = [span for span in run.spans if span.kind is Kind.MODEL_CALL]
    silent = [span for span in calls if span.status != "error" and not run.contents[span.span_id].output_messages]
    pending = [span.name for span in run.spans if not _ended(span)]
    dropped = sum(bool(span.extra.get("dropped_attributes")) for span in run.spans)
    notes = []
    if run.orphans:
        parents = len({run.span(span_id).parent_span_id for span_id in run.orphans})
        notes.append(
            f"{_count(parents, 'parent span')} never arrived ({_count(len(run.orphans), 'span')} without a parent)"
        )
    if pending:
        names = ", ".join(f"`{name}`" for name, _ in groupby(sorted(pending)))
        notes.append(f"{_count(len(pending), 'span')} never ended: {names}")
    if silent:
        notes.append(
            f"{len(silent)} of {_count(len(calls), 'model call')} came back without an answer (content capture is off)"
        )
    if dropped:
        notes.append(f"{_count(dropped, 'span')} lost attributes before sending (attribute limits of the sender)")
    if cycles:
        notes.append(f"{_count(cycles, 'cycle')} of parent links cut at the earliest span")
    if shadowed:
        notes.append(f"{_count(shadowed, 'span')} left out: another span of the run has the same id")
    return notes


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
