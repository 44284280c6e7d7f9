"""A filter as SQL: our own fragments joined by AND, OR and NOT, every value a parameter."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from whyspan_collector.filter.fields import ANY, FIELDS
from whyspan_collector.filter.tree import Both, Either, Node, Not, Term
from whyspan_collector.filter.values import like

Search: TypeAlias = Callable[[str], tuple[list[str], list[tuple[str, str]]]]
"""Finds a phrase: the traces it stands in; of traces that hold several runs, (trace id, span id) instead."""


@dataclass(slots=True)
class Condition:
    """What stands behind WHERE, and what its parameters are."""

    sql: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def condition(node: Node, search: Search) -> Condition:
    """Compiles a parsed filter for queries over `runs LEFT JOIN diagnoses`. Parameters are named `filter_0` and so on."""
    built = Condition()
    built.sql = _sql(node, search, built.parameters)
    return built


def phrases(node: Node) -> Iterator[str]:
    """Yields what the filter wants to find in texts; what it wants to be absent is left out."""
    match node:
        case Term(field="any" | "text", value=value):
            yield value
        case Both(nodes) | Either(nodes):
            for each in nodes:
                yield from phrases(each)


def _sql(node: Node, search: Search, parameters: dict[str, Any]) -> str:
    match node:
        case Term():
            # What is unknown does not hold, so that its contrary does: -agent:x keeps runs that name no agent.
            return f"coalesce(({_test(node, search, parameters)}), false)"
        case Not(inner):
            return f"(NOT {_sql(inner, search, parameters)})"
        case Both(nodes):
            return f"({' AND '.join(_sql(each, search, parameters) for each in nodes) or 'true'})"
        case Either(nodes):
            return f"({' OR '.join(_sql(each, search, parameters) for each in nodes)})"


def _test(term: Term, search: Search, parameters: dict[str, Any]) -> str:
    def bound(value: Any) -> str:
        name = f"filter_{len(parameters)}"
        parameters[name] = value
        return f"${name}"

    known = ANY if term.field == ANY.name else FIELDS[term.field]
    if known.kind == "text":
        traces, spans = search(term.value)
        word = term.value.removesuffix("*")
        values = {
            "{}": f"%{like(word, is_quoted=True)}%",
            "{word}": word.lower(),
            "{traces}": traces,
            "{spans}": [f"{trace_id}-{span_id}" for trace_id, span_id in spans],
        }
        return re.sub(r"\{\w*\}", lambda place: bound(values[place[0]]), known.sql)
    parameter = bound(term.value)
    if known.kind in ("since", "before"):
        parameter = f"CAST({parameter} AS UBIGINT)"
    return known.sql.replace("{op}", term.operator).replace("{}", parameter)
