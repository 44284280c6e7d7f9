"""The signature of a failure: what its cause is, apart from the run it happened in. Equal on every day and every machine.

It is made of names and masked texts only. No count, score, threshold or cluster number enters it, so new runs never change
the signature of old ones.
"""

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

from whyspan.semconv import Kind
from whyspan_analysis.decisions import ANSWER
from whyspan_analysis.families import family
from whyspan_analysis.model import DecisionNode, Diagnosis, Finding, Hypothesis, Role, Run, Status
from whyspan_analysis.outcome import error_text
from whyspan_analysis.templates import HOLE, template

SCHEME: Final = "1"
"""Changes whenever the same diagnosis may get another signature; it is part of every id."""
UNKNOWN_TOOL: Final = "(one that does not exist)"
"""Stands for a tool the agent made up: it makes up another one each time."""
_A_VALUE: Final = "(a value)"
"""Stands for a choice that names a thing of this run, not a way of acting."""
_NAME: Final = re.compile(r"(?<=[^.!?:] )[A-Z][\w-]*")


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a signature. A part that is None was not there, or says nothing about the cause."""

    anchor: str
    """What kind of sign says that the run failed (`Outcome.sign`)."""
    family: str | None
    detector: str | None
    """Of the decisive finding; None where no detector found a cause."""
    kind: str | None
    """Of the decisive span."""
    agent: str | None
    tool: str | None
    error: str | None
    """Template of the error at the decisive step, or of the check that failed where no cause was found."""
    question: str | None
    """Template of the question of a recorded decision."""
    choice: str | None
    """Class of what was chosen."""
    origin: str | None
    """Where the trouble first appeared: at a `model`, a `tool`, an `agent`, the `user` or the program's `code`."""

    @property
    def id(self) -> str:
        """12 hex digits; 10,000 signatures collide with a probability of 2 in 10 million."""
        named = {"scheme": SCHEME, **asdict(self)}
        del named["family"]  # it follows from the detector, and may be sorted anew
        parts = json.dumps(named, sort_keys=True, ensure_ascii=False)
        return sha256(parts.encode("utf-8", "replace")).hexdigest()[:12]


def signature(run: Run, diagnosis: Diagnosis, rank: int = 1) -> Signature | None:
    """The signature of a failed run; None for a run that did not fail.

    Args:
        run: the run.
        diagnosis: its diagnosis.
        rank: of the hypothesis to take for the cause, among those a detector found something for: a place that is only
            likely in general says nothing about this failure. None is returned where there are not so many.
    """
    if diagnosis.outcome.status is not Status.FAILED:
        return None
    accused = [(h, f) for h in diagnosis.hypotheses if (f := _cause(h)) is not None]
    if len(accused) < rank:
        return _unexplained(run, diagnosis) if rank == 1 else None
    hypothesis, cause = accused[rank - 1]
    span = run.span(hypothesis.span_id)
    node = next((n for n in diagnosis.decisions if n.decision_id == hypothesis.decision_id), None)
    return Signature(
        anchor=diagnosis.outcome.sign,
        family=family(cause.detector),
        detector=cause.detector,
        kind=span.kind.value,
        agent=hypothesis.agent and template(hypothesis.agent),
        tool=_tool(run, hypothesis, cause),
        error=_error(run, hypothesis, cause, node),
        question=_question(node.question) if node is not None and node.source == "recorded" else None,
        choice=_choice_class(node) if node is not None and node.source == "recorded" else None,
        origin=_origin(run, hypothesis),
    )


def _cause(hypothesis: Hypothesis) -> Finding | None:
    """The first; what the run's own record shows before what passing runs beside it show, which need not be stored everywhere."""
    causes = [f for f in hypothesis.findings if f.role is Role.CAUSE and not f.recovered]
    return next((f for f in causes if not f.beside), causes[0] if causes else None)


def _unexplained(run: Run, diagnosis: Diagnosis) -> Signature:
    """No cause was found, so the place the ranking would look at first is no part of it: only how the run failed is."""
    agents = (span.agent for span in run.spans)
    return Signature(
        anchor=diagnosis.outcome.sign,
        family=None,
        detector=None,
        kind=None,
        agent=next((template(agent) for agent in agents if agent), None),
        tool=None,
        error=_checks(run, diagnosis),
        question=None,
        choice=None,
        origin=None,
    )


def _checks(run: Run, diagnosis: Diagnosis) -> str:
    """The names of the checks that failed, without what they found; else the template of how the run ended."""
    seen = {ref.span_id for ref in diagnosis.outcome.refs}
    outcomes = (outcome for span_id in seen for outcome in run.contents[span_id].outcomes)
    names = {template(outcome.check) for outcome in outcomes if not outcome.ok and outcome.check}
    return "; ".join(sorted(names)) or template(diagnosis.outcome.check)


def _tool(run: Run, hypothesis: Hypothesis, cause: Finding) -> str | None:
    """The tool the decisive step came to, else the first the evidence speaks of; one that was made up goes without its name."""
    spoken_of = (run.span(ref.span_id).tool for ref in cause.refs)
    tool = hypothesis.tool or next((tool for tool in spoken_of if tool), None)
    return UNKNOWN_TOOL if cause.detector == "unknown_tool" or _made_up(run, tool) else tool


def _made_up(run: Run, tool: str | None) -> bool:
    """True when tools were offered, this was not among them, and it never came to anything."""
    if tool is None:
        return False
    offered = {definition.get("name") for content in run.contents.values() for definition in content.tool_definitions}
    used = [span for span in run.spans if span.tool == tool]
    return bool(offered) and tool not in offered and all(span.status == "error" for span in used)


def _error(run: Run, hypothesis: Hypothesis, cause: Finding, node: DecisionNode | None) -> str | None:
    """The template of the first error among the decisive span, the evidence of the finding and what the decision led to."""
    places = [hypothesis.span_id, *(ref.span_id for ref in cause.refs), *(node.led_to if node is not None else ())]
    for span_id in places:
        span = run.span(span_id)
        if span.status == "error" and span.kind is not Kind.AGENT:
            words = error_text(span)
            named = span.error_type is None or span.error_type in words
            return template(words if named else f"{span.error_type}: {words}")
    return None


def _question(question: str) -> str:
    """The template of a question; a name in it (a capitalised word that is not the first) is a value of this run."""
    return template(_NAME.sub(HOLE, question))


def _choice_class(node: DecisionNode) -> str | None:
    """The choice itself where the options are ways of acting, written as programs write them; else that it is a value."""
    if node.choice is None or node.choice == ANSWER:
        return node.choice
    labels = [option.label for option in node.options]
    are_ways = all(label.islower() and label.isascii() and " " not in label for label in labels)
    return node.choice if are_ways and template(node.choice) != HOLE else _A_VALUE


def _origin(run: Run, hypothesis: Hypothesis) -> str:
    span = run.span(hypothesis.origin_span_id or hypothesis.span_id)
    content = run.contents[span.span_id]
    if span.kind is Kind.STEP and any(message.role == "user" for message in content.output_messages):
        return "user"
    return _ORIGINS.get(span.kind, "code")


_ORIGINS: Final = {
    Kind.MODEL_CALL: "model",
    Kind.DECISION: "model",
    Kind.TOOL: "tool",
    Kind.RETRIEVAL: "tool",
    Kind.EMBEDDING: "tool",
    Kind.AGENT: "agent",
    Kind.HANDOFF: "agent",
}
