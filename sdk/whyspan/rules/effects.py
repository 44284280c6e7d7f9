"""Whether a tool changes something outside the run, as far as its effect or its name says."""

import re
from typing import Final

from whyspan.semconv import Effect

_READING: Final = frozenset(
    ("get", "find", "list", "search", "read", "fetch", "look", "lookup", "query", "check", "calculate", "calculator", "compute",
     "think", "describe", "show", "view", "count", "retrieve", "select", "transfer", "handoff")
)  # fmt: skip
"""First words of tool names that only look: used where no effect was declared."""
_VERB = re.compile(r"[A-Za-z]+")


def changes(name: str, effect: str | None) -> bool:
    """True when a tool changes something outside the run: by its declared effect, else by the first word of its name."""
    if effect:
        return effect not in (Effect.PURE_READ, Effect.VOLATILE_READ)
    verb = _VERB.match(name)
    return verb is not None and verb[0].casefold() not in _READING
