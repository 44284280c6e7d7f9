"""Which step decided the failure: log-odds in bits from terms that anyone can add up.

score = prior + findings - structure. Every term is listed in `Hypothesis.unfold`. The prior and what findings weigh
beside it are fitted (see `prior`). Whether a step is linked to the outcome decides its grade, not its place: distance
from the outcome earned no weight on labelled failures.
"""

from collections import defaultdict
from collections.abc import Iterator
from math import log2
from typing import TYPE_CHECKING

from whyspan.semconv import Effect
from whyspan_analysis.case import Case
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.links import depends_on
from whyspan_analysis.model import Finding, Grade, Hypothesis, Role, Status
from whyspan_analysis.prior import prior
from whyspan_analysis.reach import STANDING_FOR_MANY, reach
from whyspan_analysis.traits import read_traits

if TYPE_CHECKING:
    from whyspan_analysis.steps import Action

MAX_FINDINGS = 3
"""Findings of one step that count: further ones mostly repeat the same defect."""
STRUCTURE = -2.0
"""A span that stands for many steps: blame on it is blame on nobody in particular."""
RECOVERED = 0.1
"""What is left of a finding the run recovered from."""
MARGIN = 1.0
"""Bits between the first two hypotheses below which they count as rivals."""
DIRECT = 0.8
"""Strength of a finding from which on there is hardly an innocent explanation."""

_LASTING = (Effect.IRREVERSIBLE, Effect.EXTERNAL)


def rank(case: Case, findings: list[Finding]) -> list[Hypothesis]:
    """Every candidate cause of a failed run, best first; nothing unless it failed.

    Candidates are the decisions, the user's turns, the spans the outcome is seen at and those a finding blames.
    """
    if case.outcome.status is not Status.FAILED:
        return []
    traits = read_traits(case)
    blamed: dict[str, list[Finding]] = {span_id: [] for span_id in traits}
    blamed.update({ref.span_id: [] for ref in case.outcome.refs})
    for finding in findings:
        if finding.role is not Role.CONTEXT and finding.bits != 0:  # 0: muted, see `weights`
            blamed.setdefault(finding.span_id, []).append(finding)
    acted = _acted(case)
    spans = sorted(blamed, key=lambda span_id: (acted[span_id], case.run.order[span_id]))
    accused = any(is_cause(finding) for found in blamed.values() for finding in found)
    linked, tools = reach(case, depends_on(case)), _tools(case)
    _link(linked, blamed)
    hypotheses = []
    for span_id in spans:
        terms = [(f"one of {len(spans)} steps", -log2(max(1, len(spans) - 1)))]
        terms += [*prior(traits.get(span_id, {}), beside_cause=accused), *_findings(blamed[span_id])]
        if case.run.span(span_id).kind in STANDING_FOR_MANY and span_id not in traits:
            terms.append(("the span stands for many steps: the one inside it was not captured", STRUCTURE))
        hypotheses.append(_hypothesis(case, span_id, blamed[span_id], terms, tools))
    hypotheses.sort(key=lambda hypothesis: (-hypothesis.score, case.run.order[hypothesis.span_id]))
    _grade(case, hypotheses, linked)
    return hypotheses


def is_cause(finding: Finding) -> bool:
    """True when a finding accuses the span it blames: an unrecovered cause of at least half strength."""
    return finding.role is Role.CAUSE and not finding.recovered and finding.strength >= 0.5


def _link(linked: set[str], blamed: dict[str, list[Finding]]) -> None:
    """A cause links the span it blames to the outcome over the spans of its evidence."""
    for span_id, findings in blamed.items():
        if any(ref.span_id in linked for finding in findings if is_cause(finding) for ref in finding.refs):
            linked.add(span_id)


def _acted(case: Case) -> dict[str, int]:
    """Span id -> when it did what it is blamed for: a span that stands for many steps returns at their end."""
    last = {span.span_id: position for position, span in enumerate(case.run.spans)}
    for span in reversed(case.run.spans):
        if span.parent_span_id in last and case.run.span(span.parent_span_id).kind in STANDING_FOR_MANY:
            last[span.parent_span_id] = max(last[span.parent_span_id], last[span.span_id])
    return last


def _hypothesis(
    case: Case, span_id: str, findings: list[Finding], terms: list[tuple[str, float]], tools: dict[str, str]
) -> Hypothesis:
    node = case.by_span.get(span_id)
    best = sorted(findings, key=_weight, reverse=True)
    return Hypothesis(
        rank=0,
        span_id=span_id,
        agent=case.steps.agents[span_id],
        tool=tools.get(span_id),
        decision_id=node.decision_id if node is not None else None,
        grade=Grade.SUSPECT,
        score=round(sum(bits for _, bits in terms), 3),
        origin_span_id=next((finding.origin_span_id for finding in best if finding.origin_span_id), None),
        findings=best,
        unfold=[(reason, round(bits, 3)) for reason, bits in terms if bits],
    )


def _tools(case: Case) -> dict[str, str]:
    """Span id -> the bare name of the tool the step came to: of several, the one that cannot be undone, else the first."""
    used: dict[str, list[Action]] = defaultdict(list)
    for action in case.actions:
        node = case.by_span.get(action.span_id)
        for span_id in {action.span_id, case.chooser(action), *((node.span_id,) if node is not None else ())}:
            used[span_id].append(action)
    tools = {}
    for span_id, actions in used.items():
        actions.sort(key=lambda action: action.span is None or action.span.effect not in _LASTING)
        named = (action.name if action.span is None else action.span.tool for action in actions)
        if (name := next((name for name in named if name is not None), None)) is not None:
            tools[span_id] = name
    return tools


def _weight(finding: Finding) -> float:
    bits = (BY_NAME[finding.detector].bits if finding.bits is None else finding.bits) * finding.strength
    return bits * RECOVERED if finding.recovered else bits


def _findings(findings: list[Finding]) -> Iterator[tuple[str, float]]:
    for finding in sorted(findings, key=_weight, reverse=True)[:MAX_FINDINGS]:
        note = ", recovered" if finding.recovered else ""
        because = f"; {finding.because}" if finding.because else ""
        yield f"{finding.detector} (strength {finding.strength:.2f}{note}){because}", _weight(finding)


def is_accused(hypothesis: Hypothesis) -> bool:
    """True when a detector accuses the step."""
    return any(is_cause(finding) for finding in hypothesis.findings)


# --- grades ---------------------------------------------------------------------------------------------------


def _grade(case: Case, hypotheses: list[Hypothesis], reached: set[str]) -> None:
    """Number the hypotheses, say what speaks against each, and grade them.

    `likely` needs an unrecovered cause of half strength. `strong`, for the first alone, that nothing speaks against it: the run's
    own word that it failed, a finding of strength 0.8 with a quote, a link to the outcome, complete data, and no rival within
    `MARGIN` that a detector accuses as well.
    """
    for rank_, hypothesis in enumerate(hypotheses, start=1):
        hypothesis.rank = rank_
        doubts = list(_doubts(case, hypothesis, reached))
        if is_accused(hypothesis):
            doubts += _not_strong(case, hypotheses) if rank_ == 1 else ()
            hypothesis.grade = Grade.LIKELY if doubts or rank_ > 1 else Grade.STRONG
        hypothesis.against = [f"Recovered: {f.message}" for f in hypothesis.findings if f.recovered] + doubts


def _doubts(case: Case, hypothesis: Hypothesis, reached: set[str]) -> Iterator[str]:
    """What speaks against any hypothesis."""
    if not _causes(hypothesis):
        yield "No detector found a cause here: ranked by its place in the run."
    if hypothesis.span_id not in reached:
        yield "No recorded value or decision leads from here to the outcome."
    if not case.run.complete:
        yield "Parts of the run never arrived; the cause may lie there."


def _not_strong(case: Case, hypotheses: list[Hypothesis]) -> Iterator[str]:
    """What else keeps the first hypothesis, which a detector accuses, from being strong."""
    first, *others = hypotheses
    if not case.outcome.explicit:
        yield "The run itself does not say that it failed: `strong` needs a recorded check."
    if not any(f.strength >= DIRECT and any(ref.quote for ref in f.refs) for f in _causes(first)):
        yield "What was found is a weaker sign than `strong` needs: there may be an innocent explanation."
    rival = next(filter(is_accused, others), None)
    if rival is not None and first.score - rival.score < MARGIN:
        yield f"Hypothesis {hypotheses.index(rival) + 1} is only {first.score - rival.score:.1f} bits behind."


def _causes(hypothesis: Hypothesis) -> list[Finding]:
    return [finding for finding in hypothesis.findings if finding.role is Role.CAUSE and not finding.recovered]
