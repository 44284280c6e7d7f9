"""CEL's own functions, as far as the subset has them."""

from collections.abc import Callable
from typing import Any, Final

from whyspan.rules.cel.errors import NoAnswer
from whyspan.rules.cel.patterns import Pattern
from whyspan.rules.cel.types import Name, type_of
from whyspan.rules.cel.values import size, to_double, to_int, to_string


def _on_text(name: str, check: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def checked(text: Any, part: Any) -> bool:
        if isinstance(text, str) and isinstance(part, str):
            return check(text, part)
        raise NoAnswer(f"{type_of(text)}.{name}({type_of(part)}) has no meaning")

    return checked


METHODS: Final[dict[str, tuple[Name, Name, Callable[[Any, Any], bool]]]] = {
    "startsWith": ("string", "bool", _on_text("startsWith", str.startswith)),
    "endsWith": ("string", "bool", _on_text("endsWith", str.endswith)),
    "contains": ("string", "bool", _on_text("contains", lambda text, part: part in text)),
}
"""Methods of a text with one argument: (type of both, type of the result, what it does)."""

FUNCTIONS: Final[dict[str, tuple[Name, Callable[[Any], Any]]]] = {
    "size": ("int", size),
    "int": ("int", to_int),
    "double": ("double", to_double),
    "string": ("string", to_string),
}
"""Functions of one value of any type."""


def matcher(pattern: Pattern) -> Callable[[Any], bool]:
    """`text.matches(pattern)` for one pattern."""

    def matched(text: Any) -> bool:
        if isinstance(text, str):
            return pattern.found_in(text)
        raise NoAnswer(f"{type_of(text)}.matches(string) has no meaning")

    return matched
