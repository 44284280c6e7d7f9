"""An operation of a scripted agent, as its policy means it, before it is carried out: the one thing a fault may rewrite."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["use", "choose", "derive", "gate", "handoff", "answer"]

MODEL = "scripted-1"


@dataclass(slots=True)
class Op:
    """One operation: use a tool, choose between options, derive a value, take an optional step, hand over, answer."""

    index: int
    kind: Kind
    name: str
    """The tool, the question, the value's name, the step, the agent handed to."""
    agent: str
    arguments: dict[str, Any] = field(default_factory=dict)
    """Of a tool, a hand-off (its payload) or an answer (its values)."""
    value: Any = None
    """What is chosen or derived; of a gate, whether the step is taken."""
    options: Sequence[Any] = ()
    tags: frozenset[str] = frozenset()
    """What the policy says about the operation: `route`, `sources`, or the names of arguments that stand for a constraint."""
    effect: str | None = None
    run: Callable[..., Any] | None = None
    """Carries a tool out."""
    initial: Callable[..., Any] | None = None
    """The same tool on the world as it was when the run began."""
    similar: Sequence[str] = ()
    """Other tools that take the same arguments."""
    seen: Sequence[Any] = ()
    """What tools returned before, oldest first."""
    announced: dict[str, Any] | None = None
    """The arguments the agent speaks of, where they are not those it passes."""
    believes: Callable[[Any], Any] | None = None
    """What the agent takes the result for, where that is not what came back; it then notices no error either."""
    repeat: int = 1
    patience: int = 2
    """How often a call that failed for a passing reason is tried again."""
    forgets: bool = False
    """The conversation so far is cut away before the model is asked."""
    fatal: bool = False
    """An error of the tool leaves the agent's program."""
    unreachable: bool = False
    """The model does not answer."""
    cut: bool = False
    """The model's answer ends at its token limit."""
    model: str = MODEL
    spans: list[str] = field(default_factory=list)
    """Ids of the spans it was carried out by: the model call, the tool, the decision, the hand-off."""
    consumers: list[str] = field(default_factory=list)
    """Ids of the spans of the operation after it, which saw what came of it."""


class TaskFailed(Exception):
    """The agent gives up and says why."""

    __module__ = "agent"  # what a trace calls it must not name this suite


def tool(effect: str | None = None, similar: Sequence[str] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a method of a world as a tool, with the effect its author declares."""

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        method.effect, method.similar = effect, similar  # type: ignore[attr-defined]
        return method

    return mark
