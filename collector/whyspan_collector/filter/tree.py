"""What a filter says once it is read: terms joined by and, or and not. Values are checked and hold no text of SQL."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Operator: TypeAlias = Literal["=", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Term:
    """One test of a run."""

    field: str
    """A name in `FIELDS`; `any` for a free word."""
    operator: Operator
    value: Any
    """A pattern of LIKE, a number or a time in nanoseconds, as the field's kind demands; text as it was written."""


@dataclass(frozen=True, slots=True)
class Not:
    """What the node does not hold for."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """All of the nodes; without any, everything."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the nodes."""

    nodes: "tuple[Node, ...]"


Node: TypeAlias = Term | Not | Both | Either
