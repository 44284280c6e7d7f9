"""What a run changed outside of itself, and what of that can be undone: its blast radius."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from whyspan.semconv import Effect, Kind
from whyspan_analysis.case import Case
from whyspan_analysis.steps import Action

Undoing: TypeAlias = Literal["can be undone", "cannot be undone", "reached somebody", "not declared"]

_UNDOING: Final[dict[str | None, Undoing]] = {
    Effect.REVERSIBLE: "can be undone",
    Effect.IRREVERSIBLE: "cannot be undone",
    Effect.EXTERNAL: "reached somebody",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One action that changed something outside the run."""

    span_id: str
    tool: str
    arguments: Any
    undoing: Undoing
    """From the effect its author declared; `not declared` where only the tool's name says that it changes something."""
    certain: bool
    """False when it came back with an error or not at all: it may have happened."""


def changes(case: Case) -> list[Change]:
    """What a run changed, or may have changed, in order. A call that a guard stopped changed nothing."""
    return [_change(action) for action in case.actions if _acted(action)]


def _acted(action: Action) -> bool:
    if not action.changes or (action.span is not None and action.span.kind is Kind.HANDOFF):
        return False
    if action.span is None:
        return action.done and action.error is None
    return not (action.span.error_type or "").endswith("GuardBlocked")


def _change(action: Action) -> Change:
    declared = action.span.effect if action.span is not None else None
    return Change(action.span_id, action.name, action.arguments, _UNDOING.get(declared, "not declared"), action.ok)
