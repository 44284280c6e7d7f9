"""A rule: one checkable statement about runs, where it applies, and what is done when it is broken."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from whyspan.rules.cel import Expression, Record, RuleError, compile_expression
from whyspan.rules.events import STOPPABLE, Event, On
from whyspan.rules.history import FUNCTIONS
from whyspan.rules.templates import ALWAYS, TEMPLATES, Parameters, Template, Window

EVENT: Final = Record(
    "e",
    {
        "kind": "string",
        "name": "string",
        "agent": "string",
        "effect": "string",
        "changes": "bool",
        "args": "any",
        "out": "any",
        "ok": "any",
        "error": "string",
        "error_type": "string",
        "text": "string",
        "finish": "string",
        "tokens": "int",
        "usd": "double",
        "seconds": "double",
    },
)
"""What an expression may ask of an event."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")


class RuleStatus(StrEnum):
    """How far a rule is trusted."""

    CANDIDATE = "candidate"
    """Proposed or written; evaluated only where somebody asks for it."""
    SHADOW = "shadow"
    """Evaluated everywhere, and only reported."""
    ACTIVE = "active"
    """Enforced: a person has said so."""


class GuardAction(StrEnum):
    """What the guard in the agent does about a call that breaks the rule."""

    ALLOW = "allow"
    """Nothing; the verdict is recorded."""
    WARN = "warn"
    """Lets it through with a warning in the log."""
    ASK = "ask"
    """Asks a person, and blocks unless they agree."""
    BLOCK = "block"
    """Does not let it run, and says why to the model."""
    DRY_RUN = "dry_run"
    """Gives a substitute's result in its place."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The events a rule sees; all others are as if they were not there."""

    agent: str = "*"
    """Pattern with `*` and `?` of the agent's name."""
    tool: str = "*"
    """Pattern of the tool's name; applies to `call` and `result`."""
    on: tuple[str, ...] = ()
    """Kinds of events; empty for all."""

    def holds(self, event: Event) -> bool:
        """True for an event in scope."""
        if self.on and event.kind not in self.on:
            return False
        if self.tool != "*" and event.kind in _OF_TOOLS and not fnmatch.fnmatchcase(event.name, self.tool):
            return False
        return self.agent == "*" or fnmatch.fnmatchcase(event.agent, self.agent)


_OF_TOOLS: Final = frozenset({On.CALL, On.RESULT})
EVERYTHING: Final = Scope()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it is written down."""

    id: str
    """Lower-case letters, digits and hyphens, 3 to 64 of them."""
    kind: str
    """A template's name."""
    a: str
    """A CEL expression."""
    b: str | None = None
    """The second one, for templates that relate two."""
    n: int = 1
    same: tuple[str, ...] = ()
    """Paths in the event, such as `args.order`: the rule is judged for each combination of their values by itself."""
    within: Window = ALWAYS
    scope: Scope = EVERYTHING
    message: str = ""
    """What the model, or a person, is told when it is broken."""
    guard: GuardAction = GuardAction.BLOCK
    closed: bool = False
    """True: a call in scope that cannot be checked is blocked. Otherwise it is let through."""
    severity: int = 3
    """1 to 5."""
    status: RuleStatus = RuleStatus.CANDIDATE
    activated_by: str | None = None
    proposed_from: Mapping[str, Any] | None = None
    """The run, hypothesis and detector it was made from."""
    evidence: Mapping[str, Any] | None = None
    """What it did on stored runs when it was last measured."""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be evaluated."""

    rule: Rule
    template: Template
    parameters: Parameters
    a: Expression
    b: Expression | None

    @property
    def stops(self) -> bool:
        """True when it can be broken by an event that a guard can stop."""
        return self.template.prevents and (not self.rule.scope.on or bool(STOPPABLE & set(self.rule.scope.on)))


def compile_rule(rule: Rule) -> CompiledRule:
    """A rule ready to be evaluated. Raises RuleError naming the field that is wrong."""
    if _ID.fullmatch(rule.id) is None:
        raise RuleError(f"id: {rule.id!r} must be 3 to 64 lower-case letters, digits and hyphens")
    template = TEMPLATES.get(rule.kind)
    if template is None:
        raise RuleError(f"kind: there is no template {rule.kind!r}; there are {', '.join(sorted(TEMPLATES))}")
    _check_parameters(rule, template)
    a = _compiled("a", rule.a)
    b = _compiled("b", rule.b) if rule.b is not None else None
    return CompiledRule(rule, template, Parameters(rule.n, rule.within), a, b)


def _check_parameters(rule: Rule, template: Template) -> None:
    if template.two != (rule.b is not None):
        raise RuleError(
            f"b: {rule.kind} relates {'two predicates; b is missing' if template.two else 'one predicate, a; leave b out'}"
        )
    if rule.n != 1 and not template.counts:
        raise RuleError(f"n: {rule.kind} counts nothing; leave n out")
    if rule.n < 0 or (rule.n == 0 and rule.kind == "existence"):
        raise RuleError(f"n: {rule.n} is too small")
    if rule.within != ALWAYS and not template.windowed:
        windowed = ", ".join(sorted(name for name, each in TEMPLATES.items() if each.windowed))
        raise RuleError(f"within: {rule.kind} has no window; these have: {windowed}")
    for kind in rule.scope.on:
        if kind not in set(On):
            raise RuleError(f"scope.on: there is no event {kind!r}; there are {', '.join(On)}")
    for path in rule.same:
        if path.split(".")[0].split("[")[0] not in EVENT.fields:
            raise RuleError(f"same: {path!r} does not begin with a field of the event, such as args or name")


def _compiled(field_: str, source: str) -> Expression:
    try:
        expression = compile_expression(source, {"e": EVENT}, FUNCTIONS)
    except RuleError as error:
        raise RuleError(f"{field_}: {error}", None, None) from error
    if expression.type not in ("bool", "any"):
        raise RuleError(f"{field_}: the expression gives {expression.type}, not true or false")
    return expression


# --- as records -----------------------------------------------------------------------------------------------


def rule_from(record: Mapping[str, Any]) -> Rule:
    """A rule from a record as YAML or JSON holds it (docs/schemas/rule.schema.json). Raises RuleError."""
    unknown = sorted(set(record) - _FIELDS)
    if unknown:
        raise RuleError(f"{unknown[0]}: there is no such field; there are {', '.join(sorted(_FIELDS))}")
    for name in ("id", "kind", "a"):
        if not isinstance(record.get(name), str):
            raise RuleError(f"{name}: a text is missing")
    scope, within, action = (_mapping(record, name) for name in ("scope", "within", "action"))
    try:
        return Rule(
            id=record["id"],
            kind=record["kind"],
            a=record["a"],
            b=record.get("b"),
            n=int(record.get("n", 1)),
            same=tuple(map(str, record.get("same") or ())),
            within=Window(within.get("steps"), within.get("seconds")),
            scope=Scope(scope.get("agent", "*"), scope.get("tool", "*"), tuple(scope.get("on") or ())),
            message=str(record.get("message") or ""),
            guard=GuardAction(action.get("guard", "block")),
            closed=action.get("unchecked", "allow") == "block",
            severity=int(record.get("severity", 3)),
            status=RuleStatus(record.get("status", "candidate")),
            activated_by=record.get("activated_by"),
            proposed_from=record.get("proposed_from"),
            evidence=record.get("evidence"),
        )
    except (TypeError, ValueError) as error:
        raise RuleError(f"{record['id']}: {error}") from error


def record_of(rule: Rule) -> dict[str, Any]:
    """The record of a rule, defaults left out; `rule_from` reads it back."""
    plain = Rule(rule.id, rule.kind, rule.a)
    record: dict[str, Any] = {"id": rule.id, "kind": rule.kind, "a": rule.a}
    for name in ("b", "n", "message", "severity", "activated_by", "proposed_from", "evidence"):
        if getattr(rule, name) != getattr(plain, name):
            record[name] = getattr(rule, name)
    if rule.same:
        record["same"] = list(rule.same)
    if rule.within != ALWAYS:
        record["within"] = {
            k: v for k, v in (("steps", rule.within.steps), ("seconds", rule.within.seconds)) if v is not None
        }
    scope = {k: v for k, v in (("agent", rule.scope.agent), ("tool", rule.scope.tool)) if v != "*"}
    if scope or rule.scope.on:
        record["scope"] = {**scope, **({"on": list(rule.scope.on)} if rule.scope.on else {})}
    record["action"] = {"guard": rule.guard.value, **({"unchecked": "block"} if rule.closed else {})}
    record["status"] = rule.status.value
    return record


_FIELDS: Final = frozenset(
    ("id", "kind", "a", "b", "n", "same", "within", "scope", "message", "action", "severity", "status", "activated_by",
     "proposed_from", "evidence")
)  # fmt: skip


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name) or {}
    if not isinstance(value, Mapping):
        raise RuleError(f"{name}: fields are wanted, such as {name}: {{...}}")
    return value


def activated(rule: Rule, by: str | None, status: RuleStatus = RuleStatus.ACTIVE) -> Rule:
    """The same rule in another status, set by this person."""
    return replace(rule, status=status, activated_by=by if status is RuleStatus.ACTIVE else None)
