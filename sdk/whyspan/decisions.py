"""A decision: the question, the options, the choice and what it rested on, recorded when it is made."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from opentelemetry.trace import Span, format_span_id

from whyspan import runtime, semconv
from whyspan.codec import effect_of, encode_parts
from whyspan.faults import contained, warn_once
from whyspan.model import Evidence, Option
from whyspan.semconv import EffectName, Kind
from whyspan.spans import ActiveSpan, ReturningSpan, Sendable
from whyspan.values import QUOTE_LIMIT, is_a, listed, shown, to_text
from whyspan.wrapping import P, R, trace


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
            self._given = listed(options)
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
                if self.recording and (given := listed(evidence)):
                    self._evidence = [_cited(each) for each in given]

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
            self.choose(value if is_a(value, Option) else to_text(value))

    def set_partial(self, value: object) -> None:
        """Leaves it undecided: a piece is no choice."""

    def _consider(self, option: str | Option, why_not: str | None = None) -> str:
        """Adds an option, or what is new about one that is known by its label; returns the label."""
        label = to_text(option.label if is_a(option, Option) else option)
        row = self._options.get(label)
        if row is None:
            self._options[label] = row = {"label": label}
        else:
            row.pop("why_not", None)
        if is_a(option, Option):
            if option.score is not None:
                row["score"] = option.score
            why_not = option.why_not if why_not is None else why_not
        if why_not is not None:
            row["why_not"] = to_text(why_not)
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
        warn_once(
            f"{call}() after the decision {shown(self._question)} was closed is ignored; call it inside the block"
        )
        return True

    def _attributes(self) -> Sendable:
        return {semconv.DECISION_QUESTION: to_text(self._question)}

    def _ending(self, span: Span) -> None:
        in_force = self._scope.constraints if self._scope else runtime.carried_constraints()
        parts = encode_parts(
            options=list(self._options.values()),
            choice=self.choice,
            rationale=self._rationale,
            confidence=self._confidence,
            evidence=self._evidence,
            reversibility=effect_of(self._reversibility),
            constraints=[*in_force, *map(to_text, listed(self._constraints))],
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
    if is_a(value, Evidence):
        kind, ref, quote = value.kind, value.ref, value.quote
    elif is_a(value, ActiveSpan):
        kind, ref, quote = "span", value.span_id, value.quote
    else:
        scope = runtime.scope()
        seen = scope.run.memory.recall(value) if scope else None
        if seen is not None:
            kind, ref, quote = "span", format_span_id(seen.span_id), seen.quote or to_text(value, QUOTE_LIMIT)
        elif is_a(value, Span):
            kind, ref, quote = "span", format_span_id(value.get_span_context().span_id), None
        else:
            kind, ref, quote = "value", None, to_text(value, QUOTE_LIMIT)
    row: dict[str, Any] = {"kind": kind}
    if ref is not None:
        row["ref"] = ref
    if quote is not None:
        row["quote"] = quote
    return row


def _checked(confidence: object) -> float | None:
    if confidence is None or (type(confidence) is float and 0 <= confidence <= 1):
        return confidence
    try:
        number = float(confidence) if is_a(confidence, Real) else math.nan
    except Exception:  # noqa: BLE001 - whatever calls itself a number
        number = math.nan
    if 0 <= number <= 1:
        return number
    warn_once(f"confidence must be between 0 and 1, got {shown(confidence)}; the choice is recorded without it")
    return None
