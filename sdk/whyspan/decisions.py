"""A decision: the question, the options, the choice and what it rested on, recorded when it is made."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from opentelemetry.trace import Span, format_span_id

from whyspan import runtime, semconv
from whyspan.codec import effect_of, encode_parts
from whyspan.faults import contained, warn_once
from whyspan.model import Evidence, Option
from whyspan.semconv import EffectName, Kind
from whyspan.spans import ActiveSpan, Attributes, ReturningSpan
from whyspan.values import QUOTE_LIMIT, to_text
from whyspan.wrapping import P, R, trace

T = TypeVar("T")


class OpenDecision(ReturningSpan):
    """A decision while it is made, as a `with` block; or, called with a function, the decorator; see `decision`."""

    kind = Kind.DECISION

    def __init__(
        self,
        question: str,
        *,
        options: Iterable[str | Option] = (),
        reversibility: EffectName | None = None,
        constraints: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.choice: str | None = None
        """The label of the chosen option; None while undecided."""
        self._question = question
        self._options: dict[str, dict[str, Any]] = {}
        self._given: list[str | Option] = []
        self._rationale: str | None = None
        self._confidence: float | None = None
        self._evidence: list[dict[str, Any]] = []
        self._reversibility = reversibility
        self._constraints = constraints
        self._afterwards: list[str] = []
        with contained:
            self._given = list(_listed(options))
            for option in self._given:
                if type(option) is str:  # by far the most frequent
                    label = to_text(option)
                    self._options[label] = {"label": label}
                else:
                    self._consider(option)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as a decision: what it returns is the choice, what tools returned and it was given evidence."""

        def begin(arguments: dict[str, Any]) -> OpenDecision:
            opened = OpenDecision(
                self._question,
                options=self._given,
                reversibility=self._reversibility,
                constraints=self._constraints,
            )
            opened._cite(arguments)
            return opened

        return trace(function, begin)

    def choose(
        self,
        option: str | Option,
        *,
        because: str | None = None,
        confidence: float | None = None,
        evidence: Iterable[object] = (),
    ) -> None:
        """Records the choice; the last one within the block counts.

        Args:
            option: One of the options, or another one the agent came up with, which is then added to them.
            because: Why, in the agent's words.
            confidence: The agent's own confidence, 0 to 1.
            evidence: What the choice rests on: handles of spans, `Evidence`, or plain values. A value that a traced
                tool of this run returned refers to that tool's span.
        """
        with contained:
            if not self._closed("choose"):
                self.choice = self._quote = self._consider(option)
                self._rationale = because
                self._confidence = _checked(confidence)
                self._afterwards = []
                if self.recording and evidence != ():
                    self._evidence = [_cited(each) for each in _listed(evidence)]

    def reject(self, option: str | Option, *, why: str) -> None:
        """Records why an option was not taken; after `choose()` it is marked as said afterwards."""
        with contained:
            if not self._closed("reject"):
                self._consider(option, why_not=why)
                self._mark("options")

    def explain(self, because: str) -> None:
        """Records why, where it is asked for separately; after `choose()` it is marked as said afterwards."""
        with contained:
            if not self._closed("explain"):
                self._rationale = because
                self._mark("rationale")

    def set_result(self, value: object) -> None:
        """Records a function's result as the choice, by its text."""
        if self.choice is None:
            self.choose(value if isinstance(value, Option) else to_text(value), evidence=())

    def _consider(self, option: str | Option, why_not: str | None = None) -> str:
        """Adds an option, or what is new about one that is known by its label; returns the label."""
        label = option.label if isinstance(option, Option) else to_text(option)
        row = self._options.get(label)
        if row is None:
            self._options[label] = row = {"label": label}
        else:
            row.pop("why_not", None)
        if isinstance(option, Option):
            if option.score is not None:
                row["score"] = option.score
            why_not = why_not or option.why_not
        if why_not:
            row["why_not"] = why_not
        return label

    def _cite(self, arguments: Mapping[str, Any]) -> None:
        with contained:
            scope = runtime.scope()
            if scope is not None:
                seen = [value for value in arguments.values() if scope.run.memory.recall(value)]
                self._evidence = [_cited(value) for value in seen]

    def _mark(self, part: str) -> None:
        if self.choice is not None and part not in self._afterwards:
            self._afterwards.append(part)

    def _closed(self, call: str) -> bool:
        if self.span is None or self.span.is_recording():
            return False
        warn_once(f"{call}() after the decision {self._question!r} was closed is ignored; call it inside the block")
        return True

    def _attributes(self) -> Attributes:
        return {semconv.DECISION_QUESTION: self._question}

    def _ending(self, span: Span) -> None:
        in_force = self._scope.constraints if self._scope else ()
        parts = encode_parts(
            options=list(self._options.values()),
            choice=self.choice,
            rationale=self._rationale,
            confidence=self._confidence,
            evidence=self._evidence,
            reversibility=effect_of(self._reversibility),
            constraints=[*in_force, *map(to_text, _listed(self._constraints))],
            afterwards=self._afterwards,
        )
        span.set_attributes(parts)


def decision(
    question: str,
    /,
    *,
    options: Iterable[str | Option] = (),
    reversibility: EffectName | None = None,
    constraints: Iterable[str] = (),
) -> OpenDecision:
    """Records a decision of the agent: a `with` block, or the decorator of the function that decides.

    Left without `choose()` it is recorded as undecided.

    Args:
        question: What is to be decided, as a question.
        options: The ways the agent could go, in its own words; `Option` where they have scores.
        reversibility: Whether what follows from the choice can be undone.
        constraints: What this decision must keep to, one sentence each, besides the constraints of its agents.

    Example:
        >>> with decision("How do we make this right?", options=["refund", "replace"]) as d:
        ...     d.reject("replace", why="out of stock")
        ...     d.choose("refund", because="9 days old, the policy allows 30", confidence=0.8)
        >>> @decision("Who takes over?", options=["billing", "shipping"])
        ... def route(complaint: str) -> str:
        ...     return "billing" if "invoice" in complaint else "shipping"
    """
    return OpenDecision(question, options=options, reversibility=reversibility, constraints=constraints)


def _cited(value: object) -> dict[str, Any]:
    """What a decision rests on, as a reference into the trace where there is one, else as a quote."""
    if isinstance(value, Evidence):
        kind, ref, quote = value.kind, value.ref, value.quote
    elif isinstance(value, ActiveSpan):
        kind, ref, quote = "span", value.span_id, value.quote
    else:
        scope = runtime.scope()
        seen = scope.run.memory.recall(value) if scope else None
        if seen is not None:
            kind, ref, quote = "span", format_span_id(seen.span_id), seen.quote or to_text(value, QUOTE_LIMIT)
        elif isinstance(value, Span):
            kind, ref, quote = "span", format_span_id(value.get_span_context().span_id), None
        else:
            kind, ref, quote = "value", None, to_text(value, QUOTE_LIMIT)
    row: dict[str, Any] = {"kind": kind}
    if ref is not None:
        row["ref"] = ref
    if quote is not None:
        row["quote"] = quote
    return row


def _listed(given: Iterable[T]) -> Iterable[T]:
    """One thing alone is fine, where several were asked for."""
    if type(given) is list or type(given) is tuple:
        return given
    alone = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
    return (cast("T", given),) if alone else given


def _checked(confidence: float | None) -> float | None:
    if confidence is None or 0 <= confidence <= 1:
        return confidence
    warn_once(f"confidence must be between 0 and 1, got {confidence!r}; the choice is recorded without it")
    return None
