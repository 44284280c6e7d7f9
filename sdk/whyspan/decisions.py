"""A decision: the question, the options, the choice and what it rested on, recorded when it is made."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
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
        self._decision = Decision(question=question, reversibility=effect_of(reversibility))
        with contained:
            self._decision = replace(self._decision, options=tuple(map(_option, _listed(options))))

    @property
    def choice(self) -> str | None:
        """The label of the chosen option; None while undecided."""
        return self._decision.choice

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
            if self._closed("choose"):
                return
            chosen = _option(option)
            self._decision = replace(
                self._decision,
                options=_with(self._decision.options, replace(chosen, why_not=None)),
                choice=chosen.label,
                rationale=because,
                confidence=_checked(confidence),
                evidence=tuple(map(evidence_of, _listed(evidence))) if self.recording else (),
            )
            self.quote = to_text(chosen.label, QUOTE_LIMIT)

    def reject(self, option: str | Option, *, why: str) -> None:
        """Records why an option was not taken."""
        with contained:
            if not self._closed("reject"):
                rejected = replace(_option(option), why_not=why)
                self._decision = replace(self._decision, options=_with(self._decision.options, rejected))

    def _closed(self, call: str) -> bool:
        if self.span is None or self.recording:
            return False
        warn_once(
            f"{call}() after the decision {self._decision.question!r} was closed is ignored; call it inside the block"
        )
        return True

    def _attributes(self) -> Attributes:
        return encode_decision(self._decision)

    def _ending(self) -> None:
        self.set(encode_decision(self._decision))


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


def _option(option: str | Option) -> Option:
    return option if isinstance(option, Option) else Option(to_text(option))


def _with(options: tuple[Option, ...], option: Option) -> tuple[Option, ...]:
    """The options with this one, in its place if it was there; a score it had is kept."""
    if all(option.label != known.label for known in options):
        return (*options, option)
    return tuple(replace(known, why_not=option.why_not) if known.label == option.label else known for known in options)


def _listed(given: Iterable[T]) -> Iterable[T]:
    """One thing alone is fine, where several were asked for."""
    alone = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
    return (cast("T", given),) if alone else given


def _checked(confidence: float | None) -> float | None:
    if confidence is None or 0 <= confidence <= 1:
        return confidence
    warn_once(f"confidence must be between 0 and 1, got {confidence!r}; the choice is recorded without it")
    return None
