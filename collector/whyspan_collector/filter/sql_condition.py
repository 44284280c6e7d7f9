"""A filter as SQL: our own fragments joined by AND, OR and NOT, every value a parameter."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from whyspan_collector.filter.fields import ANY, FIELDS
from whyspan_collector.filter.tree import Both, Either, Node, Not, Term
from whyspan_collector.filter.values import like

Subject: TypeAlias = Literal["runs", "spans"]
"""What a filter is about."""
Search: TypeAlias = Callable[[str, Subject], tuple[list[str], list[tuple[str, str]]]]
"""Finds a phrase: for runs, the traces it stands in; for spans, and of traces that hold several runs, (trace id, span id)."""


@dataclass(slots=True)
class Condition:
    """What stands behind WHERE, and what its parameters are."""

    sql: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def condition(node: Node, search: Search, subject: Subject = "runs") -> Condition:
    """Compiles a parsed filter for queries over `runs LEFT JOIN diagnoses`, or over `spans` and those.

    Parameters are named `filter_0` and so on.
    """
    built = Condition()
    built.sql = _sql(node, search, subject, built.parameters)
    return built


def phrases(node: Node) -> Iterator[str]:
    """Yields what the filter wants to find in texts; what it wants to be absent is left out."""
    match node:
        case Term(field="any" | "text", value=value):
            yield value
        case Both(nodes) | Either(nodes):
            for each in nodes:
                yield from phrases(each)


def _sql(node: Node, search: Search, subject: Subject, parameters: dict[str, Any]) -> str:
    def inner(each: Node) -> str:
        return _sql(each, search, subject, parameters)

    match node:
        case Term():
            # What is unknown does not hold, so that its contrary does: -agent:x keeps runs that name no agent.
            return f"coalesce(({_test(node, search, subject, parameters)}), false)"
        case Not(contrary):
            return f"(NOT {inner(contrary)})"
        case Both(nodes):
            return f"({' AND '.join(map(inner, nodes)) or 'true'})"
        case Either(nodes):
            return f"({' OR '.join(map(inner, nodes))})"


def _test(term: Term, search: Search, subject: Subject, parameters: dict[str, Any]) -> str:
    def bound(value: Any) -> str:
        name = f"filter_{len(parameters)}"
        parameters[name] = value
        return f"${name}"

    known = ANY if term.field == ANY.name else FIELDS[term.field]
    fragment = known.span_sql or known.sql if subject == "spans" else known.sql
    if known.kind == "text":
        traces, spans = search(term.value, subject)
        word = term.value.removesuffix("*")
        values = {
            "{}": f"%{like(word, is_quoted=True)}%",
            "{word}": word.lower(),
            "{traces}": traces,
            "{spans}": [f"{trace_id}-{span_id}" for trace_id, span_id in spans],
        }
        return re.sub(r"\{\w*\}", lambda place: bound(values[place[0]]), fragment)
    parameter = bound(term.value)
    if known.kind in ("since", "before"):
        parameter = f"CAST({parameter} AS UBIGINT)"
    return fragment.replace("{op}", term.operator).replace("{}", parameter)
