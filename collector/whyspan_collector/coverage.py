"""How far each instrumentation is understood: what its newest spans fill, and which attributes no vocabulary knows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

import pyarrow as pa

from whyspan.semconv import LOST_PREFIX
from whyspan_collector.records import Content, Log, Span
from whyspan_collector.rows import logs_from_table, spans_from_table
from whyspan_collector.vocabularies import content, understood

_EACH: Final = 50
"""Spans read of each instrumentation and kind: what it leaves out, it leaves out of nearly every span."""
_LISTS: Final = tuple(each.name for each in fields(Content) if each.default_factory is list)
_VALUES: Final = tuple(each.name for each in fields(Content) if each.default is None)

_Logs: TypeAlias = Mapping[tuple[str | None, str | None], Sequence[Log]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the newest spans of one instrumentation say."""

    scope: str | None
    scope_version: str | None
    vocabulary: str | None
    spans: dict[str, int]
    """Kind -> spans that were read."""
    filled: dict[str, dict[str, int]]
    """Kind -> field of `Span` or `Content` -> on how many of them it is filled."""
    unknown: dict[str, int]
    """Attribute key no vocabulary knows -> on how many of them it is, most first."""
    lost: dict[str, int]
    """Reason -> spans that one process says it never sent (`whyspan.lost.*`), the most that any of them says."""


def coverage(query: Callable[..., pa.Table]) -> list[Coverage]:
    """What is understood of each instrumentation, the one with the most spans first.

    Args:
        query: that of a store; `newest_spans` and `logs_of_traces` are asked.
    """
    sources: dict[tuple[str | None, str | None, str | None], list[Span]] = defaultdict(list)
    for span in spans_from_table(query("newest_spans", each=_EACH)):
        sources[span.scope, span.scope_version, span.vocabulary].append(span)
    traces = sorted({span.trace_id for spans in sources.values() for span in spans})
    logs = defaultdict(list)
    for log in logs_from_table(query("logs_of_traces", trace_ids=traces)):
        logs[log.trace_id, log.span_id].append(log)
    found = [_coverage(source, spans, logs) for source, spans in sources.items()]
    return sorted(found, key=lambda one: (-sum(one.spans.values()), one.scope or "", one.vocabulary or ""))


def _coverage(source: tuple[str | None, str | None, str | None], spans: Sequence[Span], logs: _Logs) -> Coverage:
    filled: dict[str, Counter[str]] = defaultdict(Counter)
    unknown: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for span in spans:
        columns, keys = understood(span)
        carried = content(span, logs.get((span.trace_id, span.span_id), ()))
        said = {name for name in _LISTS if getattr(carried, name)}
        said |= {name for name in _VALUES if getattr(carried, name) is not None}  # a tool may well answer []
        filled[span.kind.value].update(columns | said)
        unknown.update(keys)
        lost |= _lost(span)  # counts grow as long as a process lives: of each reason the largest
    return Coverage(
        *source,
        spans=dict(Counter(span.kind.value for span in spans)),
        filled={kind: dict(sorted(counts.items())) for kind, counts in filled.items()},
        unknown=dict(sorted(unknown.items(), key=lambda pair: (-pair[1], pair[0]))),
        lost=dict(lost),
    )


def _lost(span: Span) -> Counter[str]:
    said = {key: value for key, value in span.resource.items() if key.startswith(LOST_PREFIX)}
    return Counter({key.removeprefix(LOST_PREFIX): n for key, n in said.items() if isinstance(n, int)})
