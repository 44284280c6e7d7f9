"""What the diagnosis, and rules that know nothing, say about one example."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.faults import held_out
from benchmarks.faults.generate import Example
from whyspan_analysis.case import Case
from whyspan_analysis.detectors import detect
from whyspan_analysis.diagnose import diagnose, examine
from whyspan_analysis.lineage import Lineage
from whyspan_analysis.model import DecisionNode, Diagnosis, Finding, Hypothesis, Role, Run
from whyspan_analysis.prior import is_prior
from whyspan_analysis.ranking import rank
from whyspan_analysis.steps import Steps
from whyspan_collector.records import Content

EQUAL = 6.0
"""Bits of every detector where none weighs more than another."""
BINS = 10
"""Places a run is divided into for the position prior."""


@dataclass(slots=True)
class Row:
    """One example, judged; small enough to send between processes."""

    agent: str
    seed: int
    fault: str | None
    mechanical: bool
    kind: str
    style: str
    told: bool
    steps: int
    status: str
    grade: str
    rank: int | None = None
    """Place of the operation among all candidates, from 1."""
    own_rank: int | None = None
    """The same, where naming the step that took a tool's bad result does not count."""
    behind: float | None = None
    """Bits between the first hypothesis and that one."""
    scores: list[float] = field(default_factory=list)
    ranks: dict[str, float | None] = field(default_factory=dict)
    """Rule -> where it places the operation."""
    places: list[int] = field(default_factory=list)
    """The bins of the run the operation lies in; for the position prior."""
    fired: dict[str, bool] = field(default_factory=dict)
    """Detector -> whether it blamed the operation; unrecovered causes only."""
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Detector -> how many other steps it blamed."""

    miss: str = ""
    """The operation and what was blamed instead, in words."""

    @property
    def lead(self) -> float:
        """Bits between the first two hypotheses; infinite where there is but one."""
        return self.scores[0] - self.scores[1] if len(self.scores) > 1 else math.inf

    @property
    def held_out(self) -> bool:
        """True when its fault or its agent is held out from tuning."""
        return self.fault in held_out.FAULTS or self.agent in held_out.AGENTS


def judge(example: Example) -> Row:
    """The diagnosis of one example beside the truth."""
    diagnosis = diagnose(example.run)
    fault = example.fault
    row = Row(
        example.agent, example.seed, fault.id if fault is not None else None, fault is not None and fault.mechanical, example.kind, example.style,
        example.told, len(diagnosis.decisions), diagnosis.outcome.status.value, diagnosis.grade.value,
    )  # fmt: skip
    accepted = example.spans | example.consumers
    causes = {(f.detector, f.span_id) for f in diagnosis.findings if f.role is Role.CAUSE and not f.recovered}
    for detector, span_id in causes:
        row.fired[detector] = row.fired.get(detector, False) or span_id in accepted
        row.elsewhere[detector] = row.elsewhere.get(detector, 0) + (span_id not in accepted)
    if example.kind == "failing":
        case, _ = examine(example.run)
        ranked = rank(case, diagnosis.findings)
        named = [hypothesis.span_id for hypothesis in ranked]
        row.scores = [hypothesis.score for hypothesis in ranked]
        row.rank = _place(named, accepted)
        row.own_rank = _place(named, example.spans)
        row.behind = None if row.rank is None else row.scores[0] - row.scores[row.rank - 1]
        row.miss = _miss(example, diagnosis, row)
        _rules(row, case, diagnosis.findings, accepted)
        _ablations(row, case, diagnosis.findings, ranked, accepted)
    return row


def _miss(example: Example, diagnosis: Diagnosis, row: Row) -> str:
    run = example.run
    label = "; ".join(
        f"{run.span(each).name} @{run.order[each]}" for each in sorted(example.spans, key=run.order.__getitem__)
    )
    lines = [
        f"{row.agent}/{row.seed} {row.fault} {row.style} rank {row.rank}, {row.grade}. Operation: {label}. {diagnosis.outcome.check}"
    ]
    for hypothesis in diagnosis.hypotheses[:2]:
        at = f"{run.span(hypothesis.span_id).name} @{run.order[hypothesis.span_id]}"
        found = "; ".join(f"{finding.detector}: {finding.message}" for finding in hypothesis.findings)
        lines.append(f"    {hypothesis.score:.1f} {at} {found or 'no finding'}")
    return "\n".join(lines)


def _place(named: Iterable[str], accepted: frozenset[str]) -> int | None:
    return next((place for place, span_id in enumerate(named, start=1) if span_id in accepted), None)


def _rules(row: Row, case: Case, findings: list[Finding], accepted: frozenset[str]) -> None:
    """Where rules that know nothing of causes place the operation, over the same decisions."""
    nodes = case.decisions
    right = [position for position, node in enumerate(nodes) if _spans(node) & accepted]
    row.places = sorted({position * BINS // len(nodes) for position in right})
    errors = [span.span_id for span in case.run.spans if span.status == "error" and span.parent_span_id is not None]
    row.ranks["first error"] = _place(
        [case.by_span[each].span_id if each in case.by_span and each not in accepted else each for each in errors],
        accepted,
    )
    row.ranks["last step"] = _ranked(list(reversed(nodes)), accepted)
    workers = [node for node in nodes if node.agent != nodes[0].agent]
    row.ranks["first worker turn"] = _ranked(workers or nodes, accepted)
    row.ranks["longest step"] = _ranked(sorted(nodes, key=lambda node: -_length(case, node)), accepted)
    row.ranks["random"] = (len(nodes) + 1) / (len(right) + 1) if right else None
    without = rank(case, [finding for finding in findings if finding.role is not Role.CAUSE])
    row.ranks["no detector"] = _place([hypothesis.span_id for hypothesis in without], accepted)


def _ablations(
    row: Row, case: Case, findings: list[Finding], ranked: list[Hypothesis], accepted: frozenset[str]
) -> None:
    """Where the diagnosis places the operation with one of its parts taken away."""

    def place(hypotheses: Iterable[Hypothesis]) -> int | None:
        return _place([hypothesis.span_id for hypothesis in hypotheses], accepted)

    blind = replace(case, lineage=_nothing_seen(case.run))
    row.ranks["without lineage"] = place(rank(blind, detect(blind)))
    row.ranks["without recovery"] = place(rank(case, [replace(each, recovered=False) for each in findings]))
    row.ranks["without the prior"] = place(sorted(ranked, key=lambda each: -_without_prior(each)))
    row.ranks["without weights"] = place(rank(case, [replace(each, bits=EQUAL) for each in findings]))


def _nothing_seen(run: Run) -> Lineage:
    """An index of values without a value."""
    lineage = Lineage(replace(run, contents={span.span_id: Content() for span in run.spans}), Steps([], [], None, {}))
    lineage.task_known = False
    return lineage


def _without_prior(hypothesis: Hypothesis) -> float:
    return sum(bits for reason, bits in hypothesis.unfold if not is_prior(reason))


def _spans(node: DecisionNode) -> set[str]:
    return {node.span_id, *node.covers}


def _ranked(nodes: Sequence[DecisionNode], accepted: frozenset[str]) -> int | None:
    return next((place for place, node in enumerate(nodes, start=1) if _spans(node) & accepted), None)


def _length(case: Case, node: DecisionNode) -> int:
    span = case.run.span(node.span_id)
    return span.end_ns - span.start_ns
