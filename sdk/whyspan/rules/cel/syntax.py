"""The tree of an expression."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class _Placed:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Literal(_Placed):
    """A number, a text, `true`, `false` or `null`."""

    value: int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Name(_Placed):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Select(_Placed):
    """`operand.field`."""

    operand: "Node"
    field: str


@dataclass(frozen=True, slots=True)
class Index(_Placed):
    """`operand[index]`."""

    operand: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Call(_Placed):
    """`function(arguments)`, or `target.function(arguments)`."""

    function: str
    target: "Node | None"
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Unary(_Placed):
    """`!x`, `-x`."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary(_Placed):
    """`x operator y`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional(_Placed):
    """`condition ? yes : no`."""

    condition: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class ListOf(_Placed):
    """`[x, y]`."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class MapOf(_Placed):
    """`{"key": x}`."""

    entries: "tuple[tuple[Node, Node], ...]"


Node: TypeAlias = Literal | Name | Select | Index | Call | Unary | Binary | Conditional | ListOf | MapOf
