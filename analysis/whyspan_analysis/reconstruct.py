"""Reads the steps out of the spans, whoever recorded them: model calls, actions and the answer."""

from whyspan.semconv import Kind
from whyspan_analysis.answers import read_answer
from whyspan_analysis.calls import read_calls
from whyspan_analysis.linking import EXECUTING, link_actions
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Steps
from whyspan_collector.records import Span

_OWN_WORK = (Kind.AGENT, Kind.DECISION, Kind.MODEL_CALL, *EXECUTING)


def read_steps(run: Run) -> Steps:
    """Everything that happened in the run, in causal order."""
    agents = _agents(run)
    enclosing = _enclosing(run)
    calls = read_calls(run, agents, enclosing)
    actions = link_actions(run, calls, agents, enclosing)
    return Steps(calls, actions, read_answer(run, calls, actions), agents)


def _agents(run: Run) -> dict[str, str | None]:
    agents: dict[str, str | None] = {}
    for span in run.spans:
        agents[span.span_id] = span.agent or agents.get(span.parent_span_id or "")
    return agents


def _enclosing(run: Run) -> dict[str, Span | None]:
    """span_id -> the nearest span above that does work of its own (agent, decision, model call, tool)."""
    above: dict[str, Span | None] = {}
    for span in run.spans:
        parent = run.order.get(span.parent_span_id or "")
        if parent is None or span.span_id == span.parent_span_id:
            above[span.span_id] = None
            continue
        holder = run.spans[parent]
        above[span.span_id] = holder if holder.kind in _OWN_WORK else above.get(holder.span_id)
    return above
