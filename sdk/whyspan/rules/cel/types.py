"""The types an expression is checked with before it runs. Where a trace decides the type, it is `any`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Name: TypeAlias = Literal["any", "bool", "int", "double", "string", "list", "map", "null"]


@dataclass(frozen=True, slots=True)
class Record:
    """The type of a variable with known fields, such as the event: a wrong name is an error before anything runs."""

    name: str
    fields: "Mapping[str, Name]"


Type: TypeAlias = Name | Record


@dataclass(frozen=True, slots=True)
class Function:
    """A function over the run. It is called with the environment of the evaluation, then with its arguments."""

    parameters: tuple[Name, ...]
    result: Name
    call: Callable[..., Any]
    optional: int = 0
    """How many of the last parameters may be left out."""


def type_of(value: Any) -> Name:
    """The CEL type of a JSON-like value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "any"


_NAMES: tuple[tuple[type | tuple[type, ...], Name], ...] = (
    (int, "int"),
    (float, "double"),
    (str, "string"),
    ((list, tuple), "list"),
    (dict, "map"),
)


def named(type_: Type) -> str:
    """A type as a message calls it."""
    return type_.name if isinstance(type_, Record) else type_
