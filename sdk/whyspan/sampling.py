"""Which runs are sent where not all are: a fixed share of them, and every one that went wrong or nearly did.

Decided on the delivery thread, when a run's first span in this process has ended; until then its spans are held in
memory. Another process that takes part in the run decides for itself, on the same share of runs.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import StatusCode

from whyspan import semconv
from whyspan.faults import warn_once
from whyspan.semconv import Verdict
from whyspan.values import is_number, shown

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from whyspan.losses import Losses

_HELD_SPANS: Final = 20_000
"""Spans in memory at most; beyond, the run that waits longest is sent rather than lost."""
_VERDICTS: Final = 10_000
"""Runs whose verdict is remembered, for spans that end after the root."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What share of the runs is sent; failed, slow, unsure and guarded ones are always.

    Example:
        >>> Sampling(rate=0.1, slow_seconds=30).rate
        0.1
    """

    rate: float = 1.0
    """Share of the runs that are sent whatever happens in them, 0 to 1."""
    slow_seconds: float | None = None
    """A run that takes this long is sent."""
    unsure: float = 0.5
    """A run with a decision of less confidence is sent."""


class Sampler:
    """Keeps, holds or drops the spans of each run; for one thread at a time."""

    def __init__(self, sampling: Sampling, losses: "Losses") -> None:
        self._sampling = _sensible(sampling)
        self._losses = losses
        self._waiting: OrderedDict[int, list[ReadableSpan]] = OrderedDict()
        self._verdicts: OrderedDict[int, bool] = OrderedDict()
        self._held = 0

    def sift(self, spans: Iterable["ReadableSpan"]) -> list["ReadableSpan"]:
        """Of these ended spans and those that were held: what is to be sent now."""
        if self._sampling.rate >= 1:
            return list(spans)
        sent: list[ReadableSpan] = []
        for span in spans:
            if span.context is None:
                continue
            trace = span.context.trace_id
            verdict = self._known(trace)
            if verdict is None:
                self._waiting.setdefault(trace, []).append(span)
                self._held += 1
                if self._matters(span):
                    sent += self._decide(trace, keep=True)
                elif _is_root(span):
                    self._decide(trace, keep=False)
            elif verdict or self._matters(span):
                sent.append(span)
            else:
                self._losses.add("sampled_out", 1)
        while self._held > _HELD_SPANS:
            sent += self._decide(next(iter(self._waiting)), keep=True)
        return sent

    def announced(self, spans: Iterable["ReadableSpan"]) -> list["ReadableSpan"]:
        """Of spans under way: those of runs that are sent for certain."""
        if self._sampling.rate >= 1:
            return list(spans)
        return [span for span in spans if span.context is not None and self._known(span.context.trace_id)]

    def rest(self) -> list["ReadableSpan"]:
        """At the end of the process: what is held of runs that have not ended, which is reason enough to send them."""
        return [span for trace in list(self._waiting) for span in self._decide(trace, keep=True)]

    def _known(self, trace: int) -> bool | None:
        if (trace & (2**56 - 1)) < self._sampling.rate * 2**56:  # the random part, by W3C's Trace Context level 2
            return True
        return self._verdicts.get(trace)

    def _decide(self, trace: int, *, keep: bool) -> list["ReadableSpan"]:
        self._verdicts[trace] = keep
        if len(self._verdicts) > _VERDICTS:
            self._verdicts.popitem(last=False)
        spans = self._waiting.pop(trace)
        self._held -= len(spans)
        if keep:
            return spans
        self._losses.add("sampled_out", len(spans))
        return []

    def _matters(self, span: "ReadableSpan") -> bool:
        attributes = span.attributes or {}
        confidence = attributes.get(semconv.DECISION_CONFIDENCE)
        return (
            span.status.status_code is StatusCode.ERROR
            or (isinstance(confidence, int | float) and confidence < self._sampling.unsure)
            or attributes.get(semconv.GUARD_VERDICT) in (Verdict.BLOCK, Verdict.CHANGE)
            or any(_failed(event.attributes) for event in span.events if event.name == semconv.OUTCOME_EVENT)
            or (_is_root(span) and self._is_slow(span))
        )

    def _is_slow(self, span: "ReadableSpan") -> bool:
        limit = self._sampling.slow_seconds
        return limit is not None and (span.end_time or 0) - (span.start_time or 0) >= limit * 10**9


def _sensible(given: Sampling) -> Sampling:
    """The same, with the usual value for what makes no sense: that is no reason to lose a run."""
    usual = Sampling()
    rate = given.rate if is_number(given.rate) and 0 <= given.rate <= 1 else usual.rate
    slow = given.slow_seconds if is_number(given.slow_seconds) else usual.slow_seconds
    unsure = given.unsure if is_number(given.unsure) else usual.unsure
    sensible = Sampling(rate, slow, unsure)
    for name in ("rate", "slow_seconds", "unsure"):
        asked, used = getattr(given, name), getattr(sensible, name)
        if asked is not used:
            warn_once(f"Sampling({name}={shown(asked)}) makes no sense; {used} is used")
    return sensible


def _is_root(span: "ReadableSpan") -> bool:
    return span.parent is None or span.parent.is_remote


def _failed(attributes: Mapping[str, object] | None) -> bool:
    return (attributes or {}).get(semconv.OUTCOME_OK) is False
