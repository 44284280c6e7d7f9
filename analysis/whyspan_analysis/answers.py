"""What a run said at its end, and where it said it."""

from collections.abc import Iterator
from typing import Any

from whyspan.semconv import Kind
from whyspan_analysis.fields import join, text
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Answer, Call, parts
from whyspan_collector.records import Span

_ANSWER_KEYS = (
    "answer",
    "final_answer",
    "final_output",
    "output",
    "result",
    "response",
    "raw",
    "content",
    "text",
    "message",
)


def read_answer(run: Run, calls: list[Call], actions: list[Action]) -> Answer | None:
    """What the run said at its end: the root's output, traced to the model call that said it; else the last call."""
    for root in reversed(run.children[None]):
        if (stated := _stated(run, root)) is None:
            continue
        path, said = stated
        for call in reversed(calls):
            for call_path, own in call.texts:
                if said.strip() in own:
                    return Answer(said, call.span.span_id, call_path)
        return _nearest_to(run, said) or Answer(said, root.span_id, path)
    if calls and calls[-1].texts and not calls[-1].actions and calls[-1].error is None:
        last = calls[-1]
        if not any(action.order > last.order for action in actions):
            path, said = last.texts[-1]
            return Answer(said, last.span.span_id, path)
    return next((Answer(text(output), span_id, "output") for span_id, output in _typed(run)), None)


def _typed(run: Run) -> Iterator[tuple[str, Any]]:
    """What agents at the top returned as an object of their own, last first: an answer without words."""
    for root in reversed(run.children[None]):
        output = run.contents[root.span_id].output
        if root.kind is Kind.AGENT and root.status != "error" and isinstance(output, dict | list) and output:
            yield root.span_id, output


def _nearest_to(run: Run, said: str) -> Answer | None:
    """The agent that said it, where the root only repeats its agent."""
    for span in reversed(run.spans):
        if span.kind is Kind.AGENT and (stated := _stated(run, span)) is not None and stated[1] == said:
            return Answer(said, span.span_id, stated[0])
    return None


def _stated(run: Run, span: Span) -> tuple[str, str] | None:
    """(path, text) of what an agent or root returned, however it is wrapped; None for model calls and for nothing."""
    if span.kind is Kind.MODEL_CALL:
        return None
    content = run.contents[span.span_id]
    for path, part in reversed(list(parts(content.output_messages[-1:], "output_messages"))):
        if part.type == "text" and part.content.strip():
            return path.replace("[0]", f"[{len(content.output_messages) - 1}]", 1) + ".content", part.content
    path, output = "output", content.output
    for _ in range(4):
        if isinstance(output, str):
            return (path, output) if output.strip() else None
        if (
            not isinstance(output, dict)
            or (key := next((key for key in _ANSWER_KEYS if output.get(key)), None)) is None
        ):
            return None
        path, output = join(path, key), output[key]
    return None
