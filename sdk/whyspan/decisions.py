"""A decision: the question, the options, the choice and what it rested on, recorded when it is made."""

from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

from opentelemetry.trace import Span, format_span_id

from whyspan import runtime
from whyspan.codec import effect_of, encode_decision
from whyspan.faults import contained, warn_once
from whyspan.model import Decision, Evidence, Option
from whyspan.semconv import EffectName, Kind
from whyspan.spans import ActiveSpan, Attributes
from whyspan.values import QUOTE_LIMIT, to_text

T = TypeVar("T")


class OpenDecision(ActiveSpan):
    """A decision while it is made, as a `with` block; see `decision`."""

    kind = Kind.DECISION

    def __init__(
        self, question: str, *, options: Iterable[str | Option] = (), reversibility: EffectName | None = None
    ) -> None:
        super().__init__()
        self.choice: str | None = None
        """The label of the chosen option; None while undecided."""
        self._question = question
        self._options: dict[str, Option] = {}
        self._rationale: str | None = None
        self._confidence: float | None = None
        self._evidence: tuple[Evidence, ...] = ()
        self._reversibility = effect_of(reversibility)
        with contained:
            for option in _listed(options):
                self._consider(option)

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
                self.choice = self.quote = self._consider(option)
                self._rationale = because
                self._confidence = _checked(confidence)
                self._evidence = tuple(map(evidence_of, _listed(evidence))) if self.recording else ()

    def reject(self, option: str | Option, *, why: str) -> None:
        """Records why an option was not taken."""
        with contained:
            if not self._closed("reject"):
                self._consider(option, why_not=why)

    def _consider(self, option: str | Option, why_not: str | None = None) -> str:
        """Adds an option, or what is new about one that is known by its label; returns the label."""
        given = option if isinstance(option, Option) else Option(to_text(option))
        known = self._options.get(given.label, given)
        score = known.score if given.score is None else given.score
        self._options[given.label] = Option(given.label, score, why_not or given.why_not)
        return given.label

    def _closed(self, call: str) -> bool:
        if self.span is None or self.recording:
            return False
        warn_once(f"{call}() after the decision {self._question!r} was closed is ignored; call it inside the block")
        return True

    def _attributes(self) -> Attributes:
        return encode_decision(Decision(self._question))

    def _ending(self) -> None:
        decision = Decision(
            self._question,
            options=tuple(self._options.values()),
            choice=self.choice,
            rationale=self._rationale,
            confidence=self._confidence,
            evidence=self._evidence,
            reversibility=self._reversibility,
        )
        self.set(encode_decision(decision))


def decision(
    question: str, /, *, options: Iterable[str | Option] = (), reversibility: EffectName | None = None
) -> OpenDecision:
    """Records a decision of the agent, as a `with` block; left without `choose()` it is recorded as undecided.

    Args:
        question: What is to be decided, as a question.
        options: The ways the agent could go, in its own words; `Option` where they have scores.
        reversibility: Whether what follows from the choice can be undone.

    Example:
        >>> with decision("How do we make this right?", options=["refund", "replace"]) as d:
        ...     d.reject("replace", why="out of stock")
        ...     d.choose("refund", because="9 days old, the policy allows 30", confidence=0.8)
    """
    return OpenDecision(question, options=options, reversibility=reversibility)


def evidence_of(value: object) -> Evidence:
    """What a decision rests on, as a reference into the trace where there is one, else as a quote."""
    if isinstance(value, Evidence):
        return value
    if isinstance(value, ActiveSpan):
        return Evidence("span", value.span_id, value.quote)
    if isinstance(value, Span):
        return Evidence("span", format_span_id(value.get_span_context().span_id))
    scope = runtime.scope()
    span_id = scope.run.memory.span_of(value) if scope else None
    return Evidence("span" if span_id else "value", span_id, to_text(value, QUOTE_LIMIT))


def _listed(given: Iterable[T]) -> Iterable[T]:
    """One thing alone is fine, where several were asked for."""
    alone = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
    return (cast("T", given),) if alone else given


def _checked(confidence: float | None) -> float | None:
    if confidence is None or 0 <= confidence <= 1:
        return confidence
    warn_once(f"confidence must be between 0 and 1, got {confidence!r}; the choice is recorded without it")
    return None
