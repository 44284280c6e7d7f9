"""Whether types go together, said before an expression runs."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from whyspan.rules.cel import syntax
from whyspan.rules.cel.errors import RuleError
from whyspan.rules.cel.types import Name, Type, named

_NUMBERS: Final = ("int", "double")
_ORDERED: Final = ("int", "double", "string", "bool")
_FITTING: Final[dict[str, tuple[str, ...]]] = {"+": ("int", "double", "string", "list"), "%": ("int",)}
_COMPARING: Final = ("<", "<=", ">", ">=")


def expect(node: syntax.Node, found: Type, wanted: Name, what: str) -> None:
    """Raises RuleError when a type is known and is not the wanted one."""
    if wanted != "any" and found not in ("any", wanted):
        raise RuleError(f"{what} has no meaning; {wanted} is wanted", node.line, node.column)


def check_binary(node: syntax.Binary, one: Type, other: Type) -> Name:
    """The type of `one operator other`. Raises RuleError when it can have no value."""
    operator = node.operator
    if operator in ("&&", "||"):
        expect(node, one, "bool", f"{named(one)} {operator} ...")
        expect(node, other, "bool", f"... {operator} {named(other)}")
        return "bool"
    if operator in ("==", "!="):
        if "any" not in (one, other) and one != other and not (one in _NUMBERS and other in _NUMBERS):
            raise _unfit(node, one, other, "they are never equal")
        return "bool"
    if operator == "in":
        if other not in ("any", "list", "map"):
            raise _unfit(node, one, other, "on the right stands a list or a map")
        return "bool"
    if operator in _COMPARING:
        both_numbers = one in ("any", *_NUMBERS) and other in ("any", *_NUMBERS)
        if (
            not both_numbers
            and not (one in ("any", *_ORDERED) and other in ("any", one))
            and not (one == "any" and other in _ORDERED)
        ):
            raise _unfit(node, one, other, "these have no order")
        return "bool"
    return _arithmetic(node, one, other)


def _arithmetic(node: syntax.Binary, one: Type, other: Type) -> Name:
    fitting = _FITTING.get(node.operator, _NUMBERS)
    known = one if one != "any" else other
    if known == "any":
        return "any"
    if known not in fitting or (other not in ("any", known)):
        mixed = one in _NUMBERS and other in _NUMBERS
        raise _unfit(node, one, other, "write double(...) around the int" if mixed else "the types do not go together")
    return known if not isinstance(known, str) or one == other else "any"


def _unfit(node: syntax.Binary, one: Type, other: Type, why: str) -> RuleError:
    return RuleError(f"{named(one)} {node.operator} {named(other)} has no meaning: {why}", node.line, node.column)


def close_to(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or what there is."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
