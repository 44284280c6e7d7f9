"""A run as columns for the explorer: one list per field, depth first. The contract is assets/explorer/core.js."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from whyspan.semconv import Kind
from whyspan_analysis.load import Body
from whyspan_analysis.model import DecisionNode, Diagnosis, Role, Run, Status
from whyspan_collector.records import Content, Message, Span
from whyspan_ui.components import figures

KINDS = list(Kind)
LETTERS = {
    Kind.AGENT: "A",
    Kind.MODEL_CALL: "M",
    Kind.TOOL: "T",
    Kind.RETRIEVAL: "R",
    Kind.EMBEDDING: "E",
    Kind.DECISION: "D",
    Kind.HANDOFF: "H",
    Kind.GUARD: "G",
    Kind.EVALUATION: "V",
    Kind.STEP: "S",
    Kind.OTHER: "·",
}
NO_CHOICE = "choice not captured"
NOTES = 200
"""Rows whose notes are asked for at once."""
_NOTE_LENGTH = 140
_Number = TypeVar("_Number", int, float)
_MARKS_OF_PROBLEMS = ("decisive", "rival", "error", "finding", "recovered")


def columns(run: Run, diagnosis: Diagnosis) -> dict[str, Any]:
    """Everything the explorer shows before a span is opened.

    Times are milliseconds from the earliest valid start. Spans without a valid time are put where their parent starts and
    have no duration. A note is null where it takes the span's content, see `notes`. `tokens` and `cost` are null on a span whose descendants report their own, so that sums count once.
    """
    spans = depth_first(run)
    rows = {span.span_id: row for row, span in enumerate(spans)}
    parent = [_parent(span, rows) for span in spans]
    start, duration = _times(spans, parent)
    decisive = diagnosis.hypotheses[0].span_id if _has_verdict(diagnosis) else None
    tokens = [_tokens(span) for span in spans]
    return {
        "run": run.run_id,
        "kinds": [kind.value for kind in KINDS],
        "letters": [LETTERS[kind] for kind in KINDS],
        "id": [span.span_id for span in spans],
        "parent": parent,
        "depth": _depths(parent),
        "kind": [KINDS.index(span.kind) for span in spans],
        "name": [title(run, span) for span in spans],
        "note": [_known_note(span) for span in spans],
        "start": start,
        "duration": duration,
        "tokens": _own(tokens, parent),
        "cost": _own([span.cost for span in spans], parent),
        "error": [int(span.status == "error") for span in spans],
        "mark": _marks(spans, run.orphans, diagnosis),
        "notes_at_once": NOTES,
        "marks_of_problems": _MARKS_OF_PROBLEMS,
        "decisive": rows.get(decisive) if decisive else None,
        "decisions": [_decision(node, rows, decisive) for node in diagnosis.decisions if node.span_id in rows],
        "no_decisions": "No decision was recorded, and none could be derived: no model call in this run offers a choice.",
    }


def _known_note(span: Span) -> str | None:
    return note(span, Content()) if span.status == "error" or span.kind is Kind.STEP else None


def notes(spans: list[Span], bodies: Mapping[str, Body]) -> list[str]:
    """One line of what came out of each span, from their contents."""
    return [note(span, bodies[span.span_id].content if span.span_id in bodies else Content()) for span in spans]


def depth_first(run: Run) -> list[Span]:
    """The spans so that every subtree is one stretch; siblings in the run's order."""
    ordered: list[Span] = []
    waiting = list(reversed(run.children.get(None, [])))
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting.extend(reversed(run.children.get(span.span_id, [])))
    return ordered


def title(run: Run, span: Span) -> str:
    """The name people know a span by: the tool's, the agent's, the model's, the question decided, else the span's own."""
    if span.kind is Kind.DECISION:
        content = run.contents.get(span.span_id)
        return content.decision.question if content and content.decision else span.name
    names = {Kind.TOOL: span.tool, Kind.AGENT: span.agent, Kind.MODEL_CALL: span.request_model or span.response_model}
    return names.get(span.kind) or span.name


def note(span: Span, content: Content) -> str:
    """One line of what came out of a span: its error, its result, or what the model said."""
    if span.status == "error":
        return one_line(span.error_message or span.status_message or span.error_type or "")
    if span.kind is Kind.STEP:  # a step repeats what its last child returned
        return ""
    if content.output_messages:
        return one_line(said(content.output_messages[0]))
    if content.decision is not None:
        return one_line(content.decision.choice or "")
    return one_line(readable(content.result if content.result is not None else content.output))


def said(message: Message) -> str:
    """What a message says in one string: its text, and its tool calls as `name(arguments)`."""
    parts = []
    for part in message.parts:
        if part.type == "tool_call":
            parts.append(f"{part.name}({readable(part.value)})")
        elif part.type != "reasoning" and part.content:
            parts.append(part.content)
    return " ".join(parts)


def readable(value: Any) -> str:
    """A value as text: text as it is, anything else as JSON; None is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def one_line(text: str, length: int = _NOTE_LENGTH) -> str:
    """The text on one line, cut with an ellipsis."""
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _has_verdict(diagnosis: Diagnosis) -> bool:
    return diagnosis.outcome.status is Status.FAILED and bool(diagnosis.hypotheses)


def _parent(span: Span, rows: dict[str, int]) -> int:
    """The parent's row; -1 for a root, which is also what a span becomes where a cycle of parents was cut."""
    above = rows.get(span.parent_span_id, -1) if span.parent_span_id else -1
    return above if above < rows[span.span_id] else -1


def _depths(parent: list[int]) -> list[int]:
    depths: list[int] = []
    for above in parent:
        depths.append(0 if above < 0 else depths[above] + 1)
    return depths


def _times(spans: list[Span], parent: list[int]) -> tuple[list[float], list[float | None]]:
    origin = min((span.start_ns for span in spans if figures.is_moment(span.start_ns)), default=0)
    start: list[float] = []
    for span, above in zip(spans, parent, strict=True):
        if figures.is_moment(span.start_ns):
            start.append(round((span.start_ns - origin) / 1e6, 3))
        else:
            start.append(start[above] if above >= 0 else 0.0)
    duration = [figures.elapsed_ms(span.start_ns, span.end_ns) for span in spans]
    return start, [None if ms is None else round(ms, 3) for ms in duration]


def _tokens(span: Span) -> int | None:
    known = [tokens for tokens in (span.input_tokens, span.output_tokens) if tokens is not None]
    return sum(known) if known else None


def _own(values: list[_Number | None], parent: list[int]) -> list[_Number | None]:
    """The values without those of spans that have a descendant with one."""
    repeated = [False] * len(values)
    for row in range(len(values) - 1, -1, -1):
        if parent[row] >= 0 and (values[row] is not None or repeated[row]):
            repeated[parent[row]] = True
    return [None if repeats else value for value, repeats in zip(values, repeated, strict=True)]


def _marks(spans: list[Span], orphans: list[str], diagnosis: Diagnosis) -> list[str | None]:
    """One word per span, the most important one."""
    marks: dict[str, str] = dict.fromkeys(orphans, "orphan")
    marks |= {span.span_id: "pending" for span in spans if span.end_ns == 0}
    shown = [finding for finding in diagnosis.findings if finding.role is not Role.CONTEXT]
    marks |= {finding.span_id: "recovered" for finding in shown if finding.recovered}
    marks |= {finding.span_id: "finding" for finding in shown if not finding.recovered}
    marks |= {span.span_id: "error" for span in spans if span.status == "error"}
    if _has_verdict(diagnosis):
        # A hypothesis without a finding is ranked by its place in the run only: nothing to point at.
        marks |= {hypothesis.span_id: "rival" for hypothesis in diagnosis.hypotheses[1:] if hypothesis.findings}
        marks[diagnosis.hypotheses[0].span_id] = "decisive"
    return [marks.get(span.span_id) for span in spans]


def _decision(node: DecisionNode, rows: dict[str, int], decisive: str | None) -> dict[str, Any]:
    return {
        "row": rows[node.span_id],
        "step": node.step,
        "agent": node.agent,
        "source": node.source,
        "question": one_line(node.question),
        "choice": one_line(node.choice or NO_CHOICE),
        "others": [
            {"label": one_line(option.label), "score": option.score} for option in node.options if not option.chosen
        ],
        "evidence": sorted({rows[ref.span_id] for ref in node.evidence if ref.span_id in rows}),
        "led_to": [rows[span_id] for span_id in node.led_to if span_id in rows],
        "decisive": node.span_id == decisive,
    }
