"""The graph of a run: what each span depended on, by values, evidence, choices, hand-offs and state."""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.values import leaves, of_scalar

Links: TypeAlias = Mapping[str, set[str]]
"""Span id -> the spans it is linked to."""


def depends_on(case: Case) -> Links:
    """Span id -> the spans it depended on; every link is recorded, or derived by a rule below."""
    sources: dict[str, set[str]] = defaultdict(set)
    for kind in (_decided, _done, _argued, _passed_on, _read):
        for span_id, source in kind(case):
            if source != span_id:
                sources[span_id].add(source)
    return sources


def closure(links: Links, starts: Iterable[str]) -> set[str]:
    """The spans links lead to from some, over any number of them; those themselves included."""
    reached = set(starts)
    waiting = deque(reached)
    while waiting:
        new = links.get(waiting.popleft(), set()) - reached
        reached |= new
        waiting.extend(new)
    return reached


def turned(links: Links) -> Links:
    """The links the other way round: what depended on each span."""
    other: dict[str, set[str]] = defaultdict(set)
    for span_id, sources in links.items():
        for source in sources:
            other[source].add(span_id)
    return other


def _decided(case: Case) -> Iterator[tuple[str, str]]:
    """A decision depends on its evidence, and what carried it out on the decision."""
    for node in case.decisions:
        for ref in node.evidence:
            yield node.span_id, ref.span_id
        for span_id in node.led_to:
            yield span_id, node.span_id


def _done(case: Case) -> Iterator[tuple[str, str]]:
    """An action depends on who chose it, and whoever saw what came of it on the action."""
    for action in case.actions:
        yield action.span_id, case.chooser(action)
        if (call := case.seen_by(action)) is not None:
            yield case.decided_at(call), action.span_id
        if action.asked_by is None and action.span is not None and action.span.parent_span_id is not None:
            yield action.span.parent_span_id, action.span_id  # its caller's model calls were not captured


def _argued(case: Case) -> Iterator[tuple[str, str]]:
    """An action depends on where each value of its arguments was seen last."""
    for action in case.actions:
        for leaf in leaves(action.arguments, "arguments"):
            for value in of_scalar(leaf.value):
                for seen in case.lineage.sightings(value, action.order)[-1:]:
                    yield action.span_id, seen.span_id


def _passed_on(case: Case) -> Iterator[tuple[str, str]]:
    """Whoever takes work over depends on who gave it, and back: an agent inside an action or another agent, or after a hand-off."""
    last, decisions = case.run.last_inside(), case.decisions
    starts = [case.run.order[node.span_id] for node in decisions]
    for action in case.actions:
        first = bisect_right(starts, action.order)
        until = bisect_right(starts, last[action.span_id] if action.span is not None else action.order)
        if first < until:
            yield decisions[first].span_id, action.span_id
            yield action.span_id, decisions[until - 1].span_id
        elif is_handoff(action.name) and first < len(decisions) and decisions[first].agent != action.agent:
            yield decisions[first].span_id, action.span_id
    for order, span in enumerate(case.run.spans):
        sender = case.steps.agents.get(span.parent_span_id or "")
        if span.kind is not Kind.AGENT or sender in (None, span.agent):
            continue
        first, until = bisect_left(starts, order), bisect_right(starts, last[span.span_id])
        if 0 < first < until and decisions[first - 1].agent == sender:
            yield decisions[first].span_id, decisions[first - 1].span_id
        if first < until < len(decisions) and decisions[until].agent == sender:
            yield decisions[until].span_id, decisions[until - 1].span_id


def _read(case: Case) -> Iterator[tuple[str, str]]:
    """A read of the agent's state depends on the write of the version it names, else on the last one before it."""
    written: dict[tuple[str, str | None], str] = {}
    for span in case.run.spans:
        for event in span.events:
            if event.get("name") != semconv.STATE_EVENT:
                continue
            told = event.get("attributes", {})
            key, version = str(told.get(semconv.STATE_KEY)), told.get(semconv.STATE_VERSION)
            if told.get(semconv.STATE_ACCESS) == "write":
                written[key, None] = written[key, str(version)] = span.span_id
            elif (writer := written.get((key, str(version)), written.get((key, None)))) is not None:
                yield span.span_id, writer
