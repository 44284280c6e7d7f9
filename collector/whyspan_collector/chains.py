"""Whether the spans of some traces are what was sent: the chain that the SDK wrote into them, followed (docs/adr/0008-audit.md).

A process has one segment of the chain for each trace. What no SDK of ours sent carries no entry, and nothing is known of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from whyspan import semconv
from whyspan.chain import link
from whyspan_collector.redaction.rules import MASK

_ENTRY: Final = re.compile(r"([0-9a-f]{8})-([1-9][0-9]{0,17})-([0-9a-f]{64})")
_IS_REMOTE: Final = 0x200
"""SpanFlags of trace.proto: the parent is in another process."""
NAMED: Final = 20
"""Missing numbers that are named; a range of millions may be missing where somebody wrote a number of his own."""


_NAMED_COLUMNS: Final = {"tool": semconv.TOOL_NAME, "effect": semconv.TOOL_EFFECT}
COLUMNS: Final = ("trace_id", "span_id", "parent_span_id", "name", "start_ns", "end_ns", *_NAMED_COLUMNS, "message")
"""Of a row: what is compared with the span, and the span as it was sent."""


class Chained(StrEnum):
    """What a chain says of the spans it goes through."""

    WHOLE = "whole"
    """None was changed, removed, moved or put in, up to the outermost span of the process, which ends last."""
    OPEN = "open"
    """So it is up to its last entry, which is no such span: the process was killed, or what came after was removed."""
    BROKEN = "broken"
    """Something was."""
    NONE = "none"
    """There is none."""


@dataclass(slots=True)
class Segment:
    """What one process sent of one trace."""

    segment: str
    trace_id: str
    spans: int = 0
    last: str = ""
    """The hash of its last entry: whoever keeps it can tell a chain that was written anew."""
    closed: bool = False
    """True when the last entry is an outermost span of the process."""
    missing: list[int] = field(default_factory=list)
    """Numbers of entries that are gone, the first `NAMED` of them."""
    changed: list[str] = field(default_factory=list)
    """Span ids: not what was sent, or not in its place."""
    masked: list[str] = field(default_factory=list)
    """Span ids: the collector masked secrets in them on arrival, so that what they say cannot be checked."""
    unchecked: list[str] = field(default_factory=list)
    """Span ids: the entry before is gone, and with it what their own hash was made from."""

    @property
    def state(self) -> Chained:
        """What it says."""
        if self.missing or self.changed:
            return Chained.BROKEN
        return Chained.WHOLE if self.closed else Chained.OPEN


@dataclass(slots=True)
class Chain:
    """The chain of a run: all segments of its traces."""

    segments: list[Segment]
    without: list[str]
    """Ids of ended spans that carry no entry: sent by something else, or put in afterwards."""

    @property
    def state(self) -> Chained:
        """The worst that one of its segments says."""
        states = {segment.state for segment in self.segments}
        return next((state for state in (Chained.BROKEN, Chained.OPEN, Chained.WHOLE) if state in states), Chained.NONE)


class _Entry(NamedTuple):
    number: int
    hash: str
    span_id: str
    content: bytes
    masked: bool
    parent: str | None
    """Span id of its parent in the same process, as far as the span says: None for an outermost span."""
    agrees: bool
    """False when the columns of its row say something else than the span itself."""


def follow(rows: Iterable[Mapping[str, Any]]) -> Chain:
    """Follows the chain through all spans of some traces: rows of `spans_of_traces`, at least their `COLUMNS`."""
    entries: dict[tuple[str, str], list[_Entry]] = {}
    without = []
    for row in rows:
        if not row["end_ns"]:  # announced and not ended: replaced when it ends
            continue
        found = _entry(row)
        if found is None:
            without.append(row["span_id"])
        else:
            entries.setdefault((row["trace_id"], found[0]), []).append(found[1])
    sent_by = {entry.span_id: place for place, each in entries.items() for entry in each}
    segments = []
    for place, each in sorted(entries.items()):
        each.sort(key=lambda entry: (entry.number, entry.hash))
        above = each[-1].parent  # a child made by fork: its outermost span has a parent that the other process sent
        closed = above is None or sent_by.get(above, place) != place
        segments.append(_segment(*place, each, closed=closed))
    return Chain(segments, without)


def read_chains(query: Callable[..., Any], runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Chain]]:
    """The chain of each of these runs (rows of `runs`), by run id. Runs that share a trace share its segments."""
    wanted = sorted({trace_id for run in runs for trace_id in run["trace_ids"]})
    of_trace: dict[str, list[Mapping[str, Any]]] = {}
    for span in query("spans_of_traces", trace_ids=wanted).select(COLUMNS).to_pylist():
        of_trace.setdefault(span["trace_id"], []).append(span)
    for run in runs:
        yield run["run_id"], follow(span for trace_id in run["trace_ids"] for span in of_trace.get(trace_id, ()))


def _entry(row: Mapping[str, Any]) -> tuple[str, _Entry] | None:
    try:
        span = Span.FromString(row["message"])
    except DecodeError:  # no span at all: its number will be missing
        return None
    carried = [place for place, pair in enumerate(span.attributes) if pair.key == semconv.CHAIN]
    written = _ENTRY.fullmatch(span.attributes[carried[0]].value.string_value) if len(carried) == 1 else None
    if written is None:
        return None
    del span.attributes[carried[0]]
    masked = any(pair.key == semconv.REDACTED for pair in span.attributes) and MASK.encode() in row["message"]
    parent = None if span.flags & _IS_REMOTE else span.parent_span_id.hex() or None
    content = span.SerializeToString(deterministic=True)
    return written[1], _Entry(
        int(written[2]), written[3], row["span_id"], content, masked, parent, _said(span).items() <= row.items()
    )


def _said(span: Span) -> dict[str, Any]:
    """The columns of a row as far as they repeat what the span says."""
    said = {pair.key: pair.value.string_value for pair in span.attributes}
    named = {column: said[key] for column, key in _NAMED_COLUMNS.items() if key in said}
    return named | {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() or None,
        "name": span.name,
        "start_ns": span.start_time_unix_nano,
        "end_ns": span.end_time_unix_nano,
    }


def _segment(trace_id: str, name: str, entries: Sequence[_Entry], *, closed: bool) -> Segment:
    """Goes from entry to entry, the first of a number that is there twice before the other."""
    found = Segment(name, trace_id, len(entries), entries[-1].hash, closed)
    before, number = "", 0
    for entry in entries:
        gap = range(number + 1, entry.number)
        found.missing += gap[: max(0, NAMED - len(found.missing))]
        if entry.number == number or not entry.agrees:
            found.changed.append(entry.span_id)
        elif gap:
            found.unchecked.append(entry.span_id)
        elif entry.hash != link(name, entry.number, before, entry.content):
            (found.masked if entry.masked else found.changed).append(entry.span_id)
        before, number = entry.hash, entry.number
    return found


def words(chain: Chain) -> Iterator[str]:
    """What the chain of a run says, a sentence each."""
    if not chain.segments:
        yield "No chain was recorded: these spans were not sent by a Whyspan SDK that writes one, so nothing can be said of them."
        return
    for each in chain.segments:
        yield from _of_segment(each)
    if chain.without:
        yield f"{_spans(chain.without)} without an entry: sent by something else, or put in afterwards."


def _of_segment(each: Segment) -> Iterator[str]:
    entries = f"{each.spans:,} {'entry' if each.spans == 1 else 'entries'}"
    if each.state is Chained.WHOLE:
        yield f"Segment {each.segment} is whole: {entries}, the last with hash {each.last}."
    elif each.state is Chained.OPEN:
        yield (
            f"Segment {each.segment} is whole as far as it goes: {entries}, the last with hash {each.last}. It ends before the"
            " outermost span of its process: that was killed or is at work, or what came after was removed."
        )
    else:
        yield f"Segment {each.segment} is not what was sent: {entries}."
    if each.missing:
        yield f"Missing, by their number: {', '.join(map(str, each.missing))}{' and more' if len(each.missing) == NAMED else ''}."
    if each.changed:
        yield f"Changed, or not in its place: {_spans(each.changed)}."
    if each.unchecked:
        yield f"Not checkable, since the entry before is missing: {_spans(each.unchecked)}."
    if each.masked:
        yield f"Not checkable, since the collector masked secrets there on arrival: {_spans(each.masked)}."


def _spans(span_ids: Sequence[str]) -> str:
    named = ", ".join(span_ids[:NAMED])
    more = f" and {len(span_ids) - NAMED:,} more" if len(span_ids) > NAMED else ""
    return f"{'span' if len(span_ids) == 1 else 'spans'} {named}{more}"
