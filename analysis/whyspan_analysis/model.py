"""The records of the analysis: a run, its decisions, what was found in it and the diagnosis.

Three classes of knowledge are kept apart on everything that is shown: `recorded` (the agent said so then), `derived`
(computed from the trace by a rule anyone can re-check) and `inferred` (a model's opinion afterwards).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from whyspan_collector.records import Content, Log, Span

Knowledge: TypeAlias = Literal["recorded", "derived", "inferred"]
Undoing: TypeAlias = Literal["can be undone", "cannot be undone", "reached somebody", "not declared"]


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Grade(StrEnum):
    """How well a cause is supported. `verified` is reserved for causes checked by replay."""

    NONE = "none"
    SUSPECT = "suspect"
    LIKELY = "likely"
    STRONG = "strong"


class Role(StrEnum):
    """What a finding says about the failure."""

    CAUSE = "cause"
    """May have made the run fail."""
    AMPLIFIER = "amplifier"
    """Made a failure worse or dearer."""
    SYMPTOM = "symptom"
    """Shows that something failed, not why."""
    CONTEXT = "context"
    """Worth knowing."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Evidence: a reference into the trace."""

    span_id: str
    field: str | None = None
    """Where in the span: `attributes.<key>`, `result`, `arguments.amount`, `output_messages[0]`, `status_message`..."""
    quote: str | None = None
    """The text found there, verbatim, cut to a readable length."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Evidence from another run: what a passing run of the same task has where this one parts from it."""

    run_id: str
    ref: Ref


@dataclass(slots=True)
class Run:
    """One execution of an agent for one task, assembled from its spans in whatever order they came."""

    run_id: str
    trace_ids: list[str]
    spans: list[Span]
    """All spans in causal order: by start time, yet never before their parent; then by span id."""
    contents: dict[str, Content]
    """span_id -> what the span carried."""
    logs: list[Log]
    children: dict[str | None, list[Span]]
    """parent span_id -> children in order; None -> the roots, spans whose parent never arrived included."""
    orphans: list[str]
    """Ids of spans whose parent is named but was never received."""
    missing: list[str] = field(default_factory=list)
    """What was not captured, in words for people."""
    complete: bool = True
    """False when a parent is missing or a span is still pending."""
    order: dict[str, int] = field(init=False, repr=False)
    """span_id -> position in `spans`."""

    def __post_init__(self) -> None:
        self.order = {span.span_id: position for position, span in enumerate(self.spans)}

    def span(self, span_id: str) -> Span:
        """The span with this id. Raises KeyError when the run has none."""
        return self.spans[self.order[span_id]]

    def last_inside(self) -> dict[str, int]:
        """span_id -> position in `spans` of the last span below it; its own where there is none."""
        last = dict(self.order)
        for span in reversed(self.spans):
            if span.parent_span_id in last:
                last[span.parent_span_id] = max(last[span.parent_span_id], last[span.span_id])
        return last


@dataclass(slots=True)
class OptionView:
    """One option of a decision as shown: recorded or derived."""

    label: str
    chosen: bool = False
    score: float | None = None
    why_not: str | None = None


@dataclass(slots=True)
class DecisionNode:
    """A point where the agent chose between options, recorded by the SDK or derived from a model call."""

    decision_id: str
    """Stable: a hash of run, span and position in the span."""
    span_id: str
    agent: str | None
    source: Literal["recorded", "derived"]
    step: int
    """1-based position among the decisions of the run, in causal order."""
    question: str
    options: list[OptionView]
    choice: str | None
    rationale: str | None = None
    confidence: float | None = None
    reversibility: str | None = None
    evidence: list[Ref] = field(default_factory=list)
    led_to: list[str] = field(default_factory=list)
    """Ids of the spans that carried the choice out."""
    covers: list[str] = field(default_factory=list)
    """Ids of the model calls this recorded decision tells of; they are not decisions of their own."""
    missing: list[str] = field(default_factory=list)
    """What could not be said about this decision, and why."""

    @property
    def classes(self) -> dict[str, Knowledge]:
        """Field -> its class of knowledge, where it says something. What carried a choice out is derived in any case."""
        told = ("question", "options", "choice", "rationale", "confidence", "reversibility", "evidence")
        classes: dict[str, Knowledge] = {name: self.source for name in told if getattr(self, name) not in (None, [])}
        return {**classes, "led_to": "derived"} if self.led_to else classes


@dataclass(frozen=True, slots=True)
class Finding:
    """One detector's observation, with its evidence."""

    detector: str
    role: Role
    span_id: str
    """Where it happened: the span to blame, not the one that shows it."""
    message: str
    """One sentence with quoted values."""
    strength: float
    """0 to 1: how far past the detector's threshold."""
    refs: tuple[Ref, ...]
    """The evidence; the first is the one that best shows it."""
    recovered: bool = False
    """True when the run undid it before it mattered: a finding, never a cause."""
    origin_span_id: str | None = None
    """Where the bad value first appeared, when that is another span."""
    bits: float | None = None
    """What it is worth at full strength for this agent, where that is less than usual; 0: its detector is muted."""
    because: str | None = None
    """Why it is worth less, with the counts."""
    beside: tuple[Beside, ...] = ()
    """What passing runs of the same task have there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended and which check or sign says so."""

    status: Status
    check: str
    """The check that decided it, in words."""
    refs: tuple[Ref, ...] = ()
    source: Knowledge = "derived"
    explicit: bool = False
    """True when the run said so itself: a recorded check, or an exception that left it."""
    sign: str = "unread"
    """What kind of sign it is, in a word: `recorded`, `raised`, `cut_off`..."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the causal chain."""

    text: str
    source: Knowledge
    refs: tuple[Ref, ...]
    beside: tuple[Beside, ...] = ()
    """What passing runs of the same task have there."""


@dataclass(slots=True)
class Hypothesis:
    """A candidate cause: one span, and the decision made there if there is one."""

    rank: int
    span_id: str
    agent: str | None
    tool: str | None
    decision_id: str | None
    grade: Grade
    score: float
    """Log-odds in bits; `unfold` adds up to it."""
    origin_span_id: str | None
    findings: list[Finding]
    against: list[str] = field(default_factory=list)
    """Counter-evidence in words."""
    unfold: list[tuple[str, float]] = field(default_factory=list)
    """(reason, bits): every term of the score."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """The shortest list of steps that holds the cause in a known share of runs."""

    span_ids: tuple[str, ...]
    """The first of the ranked hypotheses; empty where no list is short enough."""
    text: str
    """The same in one sentence."""
    coverage: float
    """The share of lists that is to hold the cause."""
    measured: float
    """The share that did, on injected faults held out from the calibration."""
    lists: int
    """Of so many lists."""


@dataclass(frozen=True, slots=True)
class Change:
    """One action that changed something outside the run."""

    span_id: str
    tool: str
    effect: str | None
    """As its author declared it."""
    undoing: Undoing
    """From that effect; `not declared` where only the tool's name says that it changes something."""
    certain: bool
    """False when it came back with an error or not at all: it may have happened."""
    arguments: str
    """JSON with its keys in order, cut to a readable length."""
    digest: str
    """SHA-256 of that JSON, uncut: 64 hex digits."""


@dataclass(frozen=True, slots=True)
class LastChance:
    """The last decision at which what the first hypothesis led to could still have been stopped."""

    decision_id: str
    span_id: str
    no_return: Change | None
    """The point of no return: the first change that followed and lasts as its author declared it; None: the outcome itself."""
    undeclared: tuple[Change, ...] = ()
    """Changes that followed of which nobody declared whether they last."""


@dataclass(slots=True)
class Diagnosis:
    """Why a run went wrong: the outcome, ranked hypotheses and the causal chain."""

    run_id: str
    outcome: Outcome
    grade: Grade
    verdict: str | None
    """One line for a list; None unless the run failed."""
    hypotheses: list[Hypothesis]
    findings: list[Finding]
    """All findings, recovered ones and context included."""
    chain: list[Sentence]
    decisions: list[DecisionNode]
    missing: list[str]
    """What never arrived or was lost, in words."""
    cannot_tell: list[str] = field(default_factory=list)
    """What the trace of a failed run does not hold, and how many detectors had nothing to look at for that."""
    suspects: Suspects | None = None
    """None unless there is a hypothesis."""
    last_chance: LastChance | None = None
    """None where it is not known, and unless a detector accuses the first hypothesis."""
    siblings: list[str] | None = None
    """The passing runs of the same task it was held beside; empty: none is stored, None: none was looked for."""
    changed_outside: list[Change] = field(default_factory=list)
    """What the run did to the world, in order."""
    tools: frozenset[str] | None = None
    """The names of all tools it called, whether a span of the call was recorded or not; None where that was not asked."""
    agents: frozenset[str] | None = None
    """The names of all agents that worked in it, empty for spans of none; likewise."""
