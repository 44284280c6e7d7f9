"""What a run changed outside of itself, and what of that can be undone: its blast radius."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from whyspan.semconv import Effect, Kind
from whyspan_analysis.fields import cut
from whyspan_analysis.model import Change, Undoing
from whyspan_analysis.steps import Action

_UNDOING: Final[dict[str | None, Undoing]] = {
    Effect.REVERSIBLE: "can be undone",
    Effect.IRREVERSIBLE: "cannot be undone",
    Effect.EXTERNAL: "reached somebody",
}


def changes(actions: Iterable[Action]) -> list[Change]:
    """What actions changed, or may have changed, in order. A call that a guard stopped changed nothing."""
    return [change for action in actions if (change := change_of(action)) is not None]


def change_of(action: Action) -> Change | None:
    """What one action changed, or may have changed; None where it changed nothing."""
    return _change(action) if _acted(action) else None


def _acted(action: Action) -> bool:
    if not action.changes or (action.span is not None and action.span.kind is Kind.HANDOFF):
        return False
    if action.span is None:
        return action.done and action.error is None
    return not (action.span.error_type or "").endswith("GuardBlocked")


def _change(action: Action) -> Change:
    declared = action.span.effect if action.span is not None else None
    arguments = canonical(action.arguments)
    return Change(
        span_id=action.span_id,
        tool=action.name,
        effect=declared,
        undoing=_UNDOING.get(declared, "not declared"),
        certain=action.ok,
        arguments=cut(arguments),
        digest=hashlib.sha256(arguments.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def canonical(arguments: Any) -> str:
    """JSON with its keys in order; arguments that came as the text of JSON are read first."""
    plain = arguments
    if isinstance(arguments, str):
        try:
            plain = json.loads(arguments)
        except (ValueError, RecursionError):
            return arguments
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)
