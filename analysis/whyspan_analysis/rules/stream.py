"""From a stored run to the events a guard would have seen while it ran, in the order it would have seen them."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from whyspan import semconv
from whyspan.rules.events import Event, On
from whyspan.rules.results import parsed
from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.handoffs import handoff_target
from whyspan_analysis.sources import told
from whyspan_analysis.steps import Action, Call
from whyspan_collector.records import Span


class _Moment(NamedTuple):
    """When something happened: by time, then as the spans stand in the run; a span ends after all that is in it."""

    time_ns: int
    order: int
    phase: int


def events(case: Case) -> list[Event]:
    """The events of a run, each with the span it was read from."""
    moments = _Moments(case)
    placed = sorted(_events(case, moments), key=lambda pair: pair[0])
    began = placed[0][0].time_ns if placed else 0
    for moment, event in placed:
        event.seconds = (moment.time_ns - began) / 1e9
    return [event for _, event in placed]


class _Moments:
    """Starts and ends of spans, made to agree with the run's causal order where clocks do not."""

    def __init__(self, case: Case) -> None:
        run = case.run
        self._order = run.order
        self._starts: list[int] = []
        latest = 0
        for span in run.spans:
            latest = max(latest, span.start_ns) if span.start_ns < 2**62 else latest
            self._starts.append(latest)
        self._ends = [max(span.end_ns, start) for span, start in zip(run.spans, self._starts, strict=True)]
        self._last = list(range(len(run.spans)))
        for position in range(len(run.spans) - 1, -1, -1):
            parent = self._order.get(run.spans[position].parent_span_id or "")
            if parent is not None and parent < position:
                self._last[parent] = max(self._last[parent], self._last[position])
                self._ends[parent] = max(self._ends[parent], self._ends[position])

    def start(self, span_id: str) -> _Moment:
        order = self._order[span_id]
        return _Moment(self._starts[order], order, 0)

    def end(self, span_id: str) -> _Moment:
        order = self._order[span_id]
        return _Moment(self._ends[order], self._last[order], 2)


def _events(case: Case, moments: _Moments) -> Iterator[tuple[_Moment, Event]]:
    yield from _told(case, moments)
    for call in case.calls:
        yield moments.end(call.span.span_id), _model(call)
    for action in case.actions:
        if action.span is None or action.span.kind is not Kind.HANDOFF:
            yield from _action(action, moments)
    for node in case.decisions:
        if node.source == "recorded":
            yield moments.end(node.span_id), Event(
                On.DECISION, node.question, node.agent or "", out=node.choice, text=node.rationale or "", span_id=node.span_id
            )  # fmt: skip
    for span in case.run.spans:
        if span.kind is Kind.HANDOFF:
            yield moments.start(span.span_id), _handoff(case, span)
        elif span.kind is Kind.GUARD:
            yield moments.end(span.span_id), Event(
                On.GUARD, _said(span, semconv.GUARD_NAME), case.steps.agents[span.span_id] or "",
                out=_said(span, semconv.GUARD_VERDICT), text=_said(span, semconv.GUARD_REASON), span_id=span.span_id,
            )  # fmt: skip
    if case.answer is not None:
        ends = max((moments.end(span.span_id) for span in case.run.spans), default=_Moment(0, 0, 0))
        agent = case.steps.agents[case.answer.span_id] or ""
        yield ends._replace(phase=3), Event(On.ANSWER, "", agent, text=case.answer.text, span_id=case.answer.span_id)


def _told(case: Case, moments: _Moments) -> Iterator[tuple[_Moment, Event]]:
    began = False
    for material in told(case.run, case.steps):
        moment = moments.start(material.span_id)._replace(phase=-1)
        text = material.value if isinstance(material.value, str) else json.dumps(material.value, default=str)
        kind = On.TOLD if began else On.TASK
        args = None if began else _terms(case)
        began = True
        yield (
            moment,
            Event(kind, "", case.steps.agents[material.span_id] or "", args=args, text=text, span_id=material.span_id),
        )


def _terms(case: Case) -> dict[str, Any]:
    """The run's constraints and budget."""
    terms: dict[str, Any] = {}
    for span in case.run.spans:
        for name, key in (("constraints", semconv.RUN_CONSTRAINTS), ("budget", semconv.RUN_BUDGET)):
            if key in span.attributes:
                terms.setdefault(name, parsed(span.attributes[key]))
    return terms


def _model(call: Call) -> Event:
    span, definitions = call.span, call.content.tool_definitions
    return Event(
        On.MODEL,
        span.response_model or span.request_model or "",
        call.agent or "",
        text="\n".join(text for _, text in call.texts),
        finish=span.finish_reason or "",
        error=call.error or "",
        error_type=span.error_type or "",
        tokens=(span.input_tokens or 0) + (span.output_tokens or 0),
        usd=span.cost or 0.0,
        span_id=span.span_id,
        schema={str(tool.get("name", "")): tool.get("parameters") for tool in definitions} or None,
        offered=frozenset(str(tool.get("name", "")) for tool in definitions) or None,
    )


def _action(action: Action, moments: _Moments) -> Iterator[tuple[_Moment, Event]]:
    effect = (action.span.effect if action.span is not None else None) or ""
    about = {
        "name": action.name,
        "agent": action.agent or "",
        "effect": effect,
        "changes": action.changes,
        "args": parsed(action.arguments),
        "span_id": action.span_id,
    }
    if action.span is not None:
        asked = moments.start(action.span.span_id)
    else:
        asked = moments.end(action.span_id)._replace(phase=3)
    if _is_unknown(action) or (action.span is not None and action.span.kind is Kind.RETRIEVAL):
        about["changes"] = False
    yield asked, Event(On.CALL, **about)
    if not action.done or _is_unknown(action):
        return
    if action.span is not None:
        back = moments.end(action.span.span_id)
    else:
        at = action.result_at or action.error_at
        seen = moments.start(at[0])._replace(phase=-1) if at is not None else asked
        back = max(seen, asked._replace(phase=4))
    error_type = (action.span.error_type if action.span is not None else None) or ""
    yield (
        back,
        Event(
            On.RESULT, **about, out=parsed(action.result), ok=action.ok, error=action.error or "", error_type=error_type
        ),
    )


def _is_unknown(action: Action) -> bool:
    """True for a tool that does not exist: nothing ran, and so nothing came back."""
    if action.span is not None or action.asked_by is None:
        return False
    offered = [tool.get("name") for tool in action.asked_by.content.tool_definitions]
    return bool(offered) and action.name not in offered


def _handoff(case: Case, span: Span) -> Event:
    payload = parsed(span.attributes.get(semconv.HANDOFF_PAYLOAD))
    target = _said(span, semconv.HANDOFF_TARGET) or handoff_target(span.name, payload) or ""
    return Event(On.HANDOFF, target, case.steps.agents[span.span_id] or "", args=payload, span_id=span.span_id)


def _said(span: Span, key: str) -> str:
    value = span.attributes.get(key)
    return value if isinstance(value, str) else ""
