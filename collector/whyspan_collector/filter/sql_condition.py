"""A filter as SQL: our own fragments joined by AND, OR and NOT, every value a parameter."""

from dataclasses import dataclass, field
from typing import Any

from whyspan_collector.filter.fields import ANY, FIELDS
from whyspan_collector.filter.tree import Both, Either, Node, Not, Term
from whyspan_collector.filter.values import like, storable


@dataclass(slots=True)
class Condition:
    """What stands behind WHERE, and what its parameters are."""

    sql: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def condition(node: Node) -> Condition:
    """Compiles a parsed filter for queries over `runs LEFT JOIN diagnoses`. Parameters are named `filter_0` and so on."""
    built = Condition()
    built.sql = _sql(node, built.parameters)
    return built


def _sql(node: Node, parameters: dict[str, Any]) -> str:
    match node:
        case Term():
            # What is unknown does not hold, so that its contrary does: -agent:x keeps runs that name no agent.
            return f"coalesce(({_test(node, parameters)}), false)"
        case Not(inner):
            return f"(NOT {_sql(inner, parameters)})"
        case Both(nodes):
            return f"({' AND '.join(_sql(each, parameters) for each in nodes) or 'true'})"
        case Either(nodes):
            return f"({' OR '.join(_sql(each, parameters) for each in nodes)})"


def _test(term: Term, parameters: dict[str, Any]) -> str:
    def bound(value: Any) -> str:
        name = f"filter_{len(parameters)}"
        parameters[name] = value
        return f"${name}"

    if term.field == ANY.name:
        pattern = f"%{like(term.value, is_quoted=True)}%"
        return ANY.sql.format(bound(pattern), word=bound(storable(term.value).lower()))
    known = FIELDS[term.field]
    parameter = bound(term.value)
    if known.kind in ("since", "before"):
        parameter = f"CAST({parameter} AS UBIGINT)"
    return known.sql.replace("{op}", term.operator).replace("{}", parameter)
