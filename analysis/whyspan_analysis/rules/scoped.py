"""Which stored runs a rule may have something to look at in, as far as the store knows without reading them.

Names are matched here, by the rule itself; the store is asked for runs with exactly these names.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from whyspan.rules.events import Event, On
from whyspan.rules.rule import CompiledRule, Scope

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

_OF_TOOLS: Final = frozenset({On.CALL, On.RESULT})


def narrowed(store: "AnyStore", rules: Sequence[CompiledRule]) -> dict[str, Any]:
    """Parameters of the query `past_runs` that leave out runs in which none of these rules has an event in scope."""
    scopes = [rule.rule.scope for rule in rules]
    names: dict[str, list[str]] = {"tool": [], "agent": []}
    for row in store.query("called").to_pylist() if scopes else ():
        names[row["kind"]].append(row["name"])
    wanted: dict[str, Any] = {}
    if scopes and all(scope.tool != "*" and scope.on and set(scope.on) <= _OF_TOOLS for scope in scopes):
        wanted["tools"] = _matching(
            names["tool"], scopes, lambda scope, name: Scope(tool=scope.tool).holds(_call(name))
        )
    if scopes and all(scope.agent != "*" for scope in scopes):
        wanted["agents"] = _matching(
            names["agent"], scopes, lambda scope, name: Scope(agent=scope.agent).holds(Event(On.TASK, agent=name))
        )
    return wanted


def _call(tool: str) -> Event:
    return Event(On.CALL, tool)


def _matching(names: Iterable[str], scopes: Sequence[Scope], holds: Callable[[Scope, str], bool]) -> list[str]:
    return [name for name in names if any(holds(scope, name) for scope in scopes)]
