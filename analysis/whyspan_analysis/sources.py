"""What a run was told, and what it observed: the texts and results its values can have come from."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Steps


@dataclass(frozen=True, slots=True)
class Material:
    """One text or structure, and where it stands."""

    order: int
    """Position in `Run.spans` from which on it was known."""
    span_id: str
    path: str
    value: Any
    action: Action | None = None
    """The action it came from; None for what the run was told."""


def told(run: Run, steps: Steps) -> Iterator[Material]:
    """What the run was told: the input of its roots and first agent, recorded tasks, user's and system's messages."""
    yield from _inputs(run)
    for index, call in enumerate(steps.calls):
        roles = ("system", "user", "assistant") if index == 0 else ("system", "user")
        for position in call.new:
            message = call.content.input_messages[position]
            for p, part in enumerate(message.parts if message.role in roles else ()):
                if part.type == "text":
                    path = f"input_messages[{position}].parts[{p}].content"
                    yield Material(call.order, call.span.span_id, path, part.content)


def _inputs(run: Run) -> Iterator[Material]:
    addressed = {root.span_id for root in run.children[None] if root.kind in (Kind.AGENT, Kind.STEP, Kind.OTHER)}
    addressed.update([span.span_id for span in run.spans if span.kind is Kind.AGENT][:1])
    for order, span in enumerate(run.spans):
        for key in (semconv.RUN_TASK, semconv.RUN_CONSTRAINTS):
            if key in span.attributes:
                yield Material(order, span.span_id, f"attributes.{key}", span.attributes[key])
        if span.span_id not in addressed:
            continue
        content = run.contents[span.span_id]
        if content.input is not None:
            yield Material(order, span.span_id, "input", content.input)
        for m, message in enumerate(content.input_messages):
            for p, part in enumerate(message.parts):
                if message.role in ("system", "user") and part.type == "text":
                    yield Material(order, span.span_id, f"input_messages[{m}].parts[{p}].content", part.content)


def observed(run: Run, steps: Steps) -> Iterator[Material]:
    """What tools gave back, each from the end of its own work on. Another agent's answer is no observation."""
    last = run.last_inside()
    asking = [call.order for call in steps.calls]
    for action in steps.actions:
        if action.result_at is None or is_handoff(action.name):
            continue
        if action.span is None:
            yield Material(run.order[action.result_at[0]], *action.result_at, action.result, action)
            continue
        end = last[action.span.span_id]
        asked_inside = bisect_right(asking, action.order) != bisect_right(asking, end)
        if not asked_inside and action.span.kind is not Kind.HANDOFF:
            yield Material(end, *action.result_at, action.result, action)
