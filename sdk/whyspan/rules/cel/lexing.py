"""From the text of an expression to tokens, each with its place."""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from whyspan.rules.cel.errors import RuleError

Kind: TypeAlias = Literal["name", "int", "double", "string", "operator", "end"]

MAX_LENGTH: Final = 10_000
"""Characters of an expression; one that a person wrote has a hundred."""
MAX_INT: Final = 2**63 - 1
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<int>0[xX][0-9a-fA-F]+|\d+)
  | (?P<string>[rR]?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<name>[A-Za-z_]\w*)
  | (?P<operator>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_SIMPLE: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_HINTS: Final = {
    "=": "; equality is ==",
    "&": "; and is &&",
    "|": "; or is ||",
    '"': "; the string is not closed",
    "'": "; the string is not closed",
}
_RESERVED: Final = frozenset(
    ("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
     "namespace", "return", "var", "void", "while")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is what a string literal stands for, and the source of anything else."""

    kind: Kind
    text: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The token as a message names it."""
        return "the end of the expression" if self.kind == "end" else repr(self.text)


def tokens(source: str) -> list[Token]:
    """The tokens of an expression, with one of kind `end` behind them. Raises RuleError."""
    if len(source) > MAX_LENGTH:
        raise RuleError(f"the expression has {len(source)} characters; at most {MAX_LENGTH} are read", 1, 1)
    found: list[Token] = []
    at, line, begins = 0, 1, 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        column = at - begins + 1
        if match is None:
            raise RuleError(_unreadable(source[at]), line, column)
        kind, text = match.lastgroup, match[0]
        if kind == "space":
            line += text.count("\n")
            begins = match.start() + text.rfind("\n") + 1 if "\n" in text else begins
        else:
            found.append(_token(kind, text, line, column, source[match.end() : match.end() + 1]))
        at = match.end()
    found.append(Token("end", "", line, at - begins + 1))
    return found


def _token(kind: str | None, text: str, line: int, column: int, following: str) -> Token:
    if kind in ("int", "double") and (following.isalnum() or following == "_"):
        raise RuleError(f"{text + following!r} is no number; whole numbers are int, there is no uint", line, column)
    if kind == "int":
        if int(text, 0 if text[:2] in ("0x", "0X") else 10) > MAX_INT:
            raise RuleError(f"{text} does not fit into 64 bits", line, column)
        return Token("int", text, line, column)
    if kind == "double":
        return Token("double", text, line, column)
    if kind == "string":
        return Token("string", _unquoted(text, line, column), line, column)
    if kind == "name":
        if text in _RESERVED:
            raise RuleError(f"{text!r} is a reserved word of CEL", line, column)
        return Token("name", text, line, column)
    return Token("operator", text, line, column)


def _unreadable(character: str) -> str:
    return f"{character!r} cannot stand here{_HINTS.get(character, '')}"


def _unquoted(literal: str, line: int, column: int) -> str:
    if literal[0] in "rR":
        return literal[2:-1]

    def replaced(match: re.Match[str]) -> str:
        code = match[0][1:]
        if code[0] in "xuU" and len(code) > 1:
            point = int(code[1:], 16)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise RuleError(f"\\{code} is no character", line, column)
            return chr(point)
        if len(code) == 3:
            return chr(int(code, 8))
        if code not in _SIMPLE:
            raise RuleError(f"\\{code} is no escape; a backslash is \\\\, or write r'...'", line, column)
        return _SIMPLE[code]

    return _ESCAPE.sub(replaced, literal[1:-1])
