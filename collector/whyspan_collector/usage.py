"""What a run used and what that cost, by model: each token and each dollar counted once.

Outer spans repeat what the calls below them used. Of model calls inside model calls (a gateway's, a wrapper's) the
innermost that report count; where no model call reports, the outermost spans that do.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from whyspan.semconv import Kind
from whyspan_collector.prices import STEPS, Prices
from whyspan_collector.runs import SpanFacts, SpanKey

Parents = Mapping[SpanKey, SpanKey]
_MOST = 2**63 - 1


@dataclass(slots=True)
class Usage:
    """What the calls of one model used that are priced alike: an element of `runs.usage`."""

    provider: str | None
    model: str | None
    calls: int
    """Model calls; 1 for an outer span that counts because no model call below it reports."""
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    input_over: int
    """Each call had more input tokens than this step of `prices.STEPS`, and no more than the next."""
    priceable: bool
    """True when each call says what it took in and gave out."""
    cost: float | None
    """US dollars; None where they are unknown or counted with another span of the same call."""
    cost_source: Literal["recorded", "derived"] | None
    """`recorded`: the instrumentation reported it; `derived`: tokens times list price; None: unknown."""

    def price(self, prices: Prices) -> None:
        """Sets the cost by a price table, unless it is recorded."""
        if self.cost_source == "recorded":
            return
        price = prices.find(self.provider, self.model, self.input_over) if self.priceable else None
        self.cost = self.cost_source = None
        if price and self.input_tokens is not None and self.output_tokens is not None:
            read, written = self.cache_read_tokens or 0, self.cache_write_tokens or 0
            self.cost = price.of(self.input_tokens, self.output_tokens, read, written)
            self.cost_source = "derived"


@dataclass(frozen=True, slots=True)
class Costs:
    """What a run cost, and how much of it is known: columns of `runs`."""

    cost: float | None
    """US dollars of the calls whose cost is known; None where none is."""
    costs_recorded: int
    """Calls whose cost was reported."""
    costs_derived: int
    """Calls whose cost was computed from a list price."""
    costs_unknown: int


def costs(usage: Iterable[Usage]) -> Costs:
    """Sums up the costs of a run."""
    usage = list(usage)
    known = [each.cost for each in usage if each.cost is not None]
    calls = {source: sum(each.calls for each in usage if each.cost_source == source) for source in _SOURCES}
    return Costs(math.fsum(known) if known else None, *calls.values())


_SOURCES = ("recorded", "derived", None)


@dataclass(slots=True)
class _Unit:
    """A span that counts: its tokens, its cost, or a call of which neither is known."""

    span: SpanFacts
    calls: int
    has_tokens: bool
    cost: float | None
    recorded: bool
    """True when the cost is reported here or on an outer span."""
    priceable: bool

    @property
    def group(self) -> tuple[Any, ...]:
        over = STEPS[place - 1] if (place := bisect_left(STEPS, self.span.input_tokens or 0)) else 0
        return self.span.provider or "", self.span.model or "", self.recorded, self.priceable, over


def usage_of(spans: Sequence[SpanFacts], parents: Parents, prices: Prices) -> list[Usage]:
    """What the spans of a run used, by provider and model.

    Args:
        spans: the spans of the run.
        parents: span -> its parent, where there is one.
        prices: what tokens cost where no cost was reported.
    """
    groups: dict[tuple[Any, ...], list[_Unit]] = defaultdict(list)
    for unit in _units(spans, parents):
        groups[unit.group].append(unit)
    found = []
    for (provider, model, recorded, priceable, over), units in sorted(groups.items()):
        counted = [unit.span for unit in units if unit.has_tokens]
        paid = [unit.cost for unit in units if unit.cost is not None]
        usage = Usage(
            provider=provider or None,
            model=model or None,
            calls=sum(unit.calls for unit in units),
            input_tokens=total(span.input_tokens for span in counted),
            output_tokens=total(span.output_tokens for span in counted),
            cache_read_tokens=total(span.cache_read_tokens for span in counted),
            cache_write_tokens=total(span.cache_write_tokens for span in counted),
            input_over=over,
            priceable=priceable,
            cost=math.fsum(paid) if paid else None,
            cost_source="recorded" if recorded else None,
        )
        usage.price(prices)
        found.append(usage)
    return found


def _units(spans: Sequence[SpanFacts], parents: Parents) -> Iterator[_Unit]:
    by_key = {span.key: span for span in spans}
    calls = {span.key for span in spans if span.kind == Kind.MODEL_CALL}
    costing = _counted(
        {span.key for span in spans if span.cost is not None and math.isfinite(span.cost)}, calls, parents
    )
    using = _counted(
        {span.key for span in spans if (span.input_tokens, span.output_tokens) != (None, None)}, calls, parents
    )
    counting = costing | using
    unit_of, payer_of = _nearest(counting, parents), _nearest(costing, parents)
    calls_of: dict[SpanKey, int] = defaultdict(int)
    for leaf in calls - above(calls, parents):
        calls_of[unit_of(leaf) or leaf] += 1
    above_units, above_payers = above(counting, parents), above(costing, parents)
    for key in counting | calls_of.keys():
        span = by_key[key]
        alone = key not in above_units and unit_of(parents.get(key)) in (None, key)
        yield _Unit(
            span=span,
            calls=calls_of.get(key, int(alone)),
            has_tokens=key in using,
            cost=span.cost if key in costing else None,
            recorded=payer_of(key) is not None,
            priceable=key not in above_payers and None not in (span.input_tokens, span.output_tokens),
        )


def _counted(reporting: set[SpanKey], calls: set[SpanKey], parents: Parents) -> set[SpanKey]:
    """Returns those of the reporting spans that are to be added up."""
    if by_calls := reporting & calls:
        return by_calls - above(by_calls, parents)
    enclosing = _nearest(reporting, parents)
    return {key for key in reporting if enclosing(parents.get(key)) in (None, key)}


def above(keys: Iterable[SpanKey], parents: Parents) -> set[SpanKey]:
    """Returns all ancestors of the keys; every span is passed once, so deep trees and cycles of parents are safe."""
    found: set[SpanKey] = set()
    for key in keys:
        ancestor = parents.get(key)
        while ancestor is not None and ancestor != key and ancestor not in found:
            found.add(ancestor)
            ancestor = parents.get(ancestor)
    return found


def _nearest(keys: Collection[SpanKey], parents: Parents) -> Callable[[SpanKey | None], SpanKey | None]:
    """Returns a function that finds the first of the keys at or above a span; likewise safe."""
    known: dict[SpanKey, SpanKey | None] = {}

    def find(key: SpanKey | None) -> SpanKey | None:
        passed = []
        while key is not None and key not in keys and key not in known:
            known[key] = None  # so that a cycle ends here
            passed.append(key)
            key = parents.get(key)
        found = key if key is None or key in keys else known[key]
        known.update(dict.fromkeys(passed, found))
        return found

    return find


def total(amounts: Iterable[int | None]) -> int | None:
    """Adds up what is known; None where nothing is, or where the sum is beyond any column."""
    known = [amount for amount in amounts if amount is not None]
    return whole if known and (whole := sum(known)) <= _MOST else None
