"""What an agent says about one decision: the records the SDK writes and the analysis reads back."""

from dataclasses import dataclass, field

from whyspan.semconv import Effect


@dataclass(frozen=True, slots=True)
class Option:
    """One way the agent could have gone.

    Example:
        >>> Option("refund", score=0.7).why_not is None
        True
    """

    label: str
    """The option in the agent's words, unique within its decision."""
    score: float | None = None
    """The agent's own score; higher is better, the scale is the agent's."""
    why_not: str | None = None
    """Why the agent did not take it; None for the chosen option."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reference to something the agent rested a choice on.

    Example:
        >>> Evidence("document", ref="policy-4", quote="refunds within 30 days").kind
        'document'
    """

    kind: str
    """`span`, `message`, `document` or `value`."""
    ref: str | None = None
    """The span id, message id or document id; None for a bare value."""
    quote: str | None = None
    """The part of it that mattered, as text."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A point where the agent chose between options.

    Example:
        >>> Decision("Refund?", (Option("yes"), Option("no", why_not="within 30 days")), choice="yes").options[1].why_not
        'within 30 days'
    """

    question: str
    """What was to be decided."""
    options: tuple[Option, ...] = ()
    """All options considered, the chosen one included."""
    choice: str | None = None
    """The label of the chosen option; None while undecided."""
    rationale: str | None = None
    """Why, in the agent's words."""
    confidence: float | None = None
    """The agent's own confidence, 0 to 1."""
    evidence: tuple[Evidence, ...] = field(default=())
    """What the choice rested on."""
    reversibility: Effect | None = None
    """Whether what follows can be undone."""
    constraints: tuple[str, ...] = ()
    """The constraints that were in force: those of the agents around it, and its own."""
    afterwards: tuple[str, ...] = ()
    """`options`, `rationale`: the parts that were given when the choice had already been made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended, by one check.

    Example:
        >>> Outcome(ok=False, check="refund matches order total").ok
        False
    """

    ok: bool
    """True when the check held."""
    check: str | None = None
    """The check in words."""
    detail: str | None = None
    """What was expected and what was found."""
