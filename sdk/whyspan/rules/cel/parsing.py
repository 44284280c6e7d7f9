"""From tokens to the tree of an expression, by recursive descent with CEL's precedences."""

from typing import Final

from whyspan.rules.cel.errors import RuleError
from whyspan.rules.cel.lexing import Token, tokens
from whyspan.rules.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Select,
    Unary,
)

MAX_DEPTH: Final = 40
"""How deep an expression may nest, brackets and chains of operators alike; Python's own stack bears more than ten times that."""
_LEVELS: Final = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!=", "<", "<=", ">", ">=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
"""Binary operators, loosest first; all group to the left."""
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parse(source: str) -> Node:
    """The tree of an expression. Raises RuleError with line and column."""
    parser = _Parser(tokens(source))
    tree = parser.expression()
    if parser.next.kind != "end":
        raise parser.error(f"{parser.next.shown} cannot follow here")
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def error(self, message: str) -> RuleError:
        return RuleError(message, self.next.line, self.next.column)

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"the expression nests deeper than {MAX_DEPTH} levels; split the rule")
        tree = self._binary(0)
        if question := self._accepted("?"):
            yes = self._binary(0)
            self._expect(":")
            tree = Conditional(question.line, question.column, tree, yes, self.expression())
        self._depth -= 1
        return tree

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        tree = self._binary(level + 1)
        chained = 0
        while self.next.kind != "string" and self.next.text in _LEVELS[level]:
            operator = self._take()
            chained += 1
            if chained > MAX_DEPTH:
                raise self.error(
                    f"more than {MAX_DEPTH} operators in a row; use brackets, a list with `in`, or two rules"
                )
            tree = Binary(operator.line, operator.column, operator.text, tree, self._binary(level + 1))
        return tree

    def _unary(self) -> Node:
        operator = self._accepted("!") or self._accepted("-")
        if operator is None:
            return self._member()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"the expression nests deeper than {MAX_DEPTH} levels; split the rule")
        operand = self._unary()
        self._depth -= 1
        return Unary(operator.line, operator.column, operator.text, operand)

    def _member(self) -> Node:
        tree = self._primary()
        chained = 0
        while (token := self._accepted(".") or self._accepted("[")) is not None:
            chained += 1
            if chained > MAX_DEPTH:
                raise self.error(f"more than {MAX_DEPTH} steps into one value")
            if token.text == "[":
                tree = Index(token.line, token.column, tree, self.expression())
                self._expect("]")
                continue
            name = self._name("a field or a function")
            if self._accepted("("):
                tree = Call(name.line, name.column, name.text, tree, self._list(")"))
            else:
                tree = Select(name.line, name.column, tree, name.text)
        return tree

    def _primary(self) -> Node:
        token = self.next
        at = (token.line, token.column)
        if token.kind == "operator":
            return self._bracketed(token)
        if token.kind == "end":
            raise self.error("the expression ends where a value is missing")
        if token.text == "in" and token.kind == "name":
            raise self.error("'in' cannot stand where a value is expected")
        self._at += 1
        if token.kind == "name" and token.text not in _CONSTANTS:
            return Call(*at, token.text, None, self._list(")")) if self._accepted("(") else Name(*at, token.text)
        return Literal(*at, _literal(token))

    def _bracketed(self, token: Token) -> Node:
        at = (token.line, token.column)
        if self._accepted("("):
            tree = self.expression()
            self._expect(")")
            return tree
        if self._accepted("["):
            return ListOf(*at, self._list("]"))
        if self._accepted("{"):
            return MapOf(*at, self._entries())
        raise self.error(f"{token.shown} cannot stand where a value is expected")

    def _list(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._accepted(closing):
            if items:
                self._expect(",", closing)
                if closing != ")" and self._accepted(closing):
                    break
            items.append(self.expression())
        return tuple(items)

    def _entries(self) -> tuple[tuple[Node, Node], ...]:
        entries: list[tuple[Node, Node]] = []
        while not self._accepted("}"):
            if entries:
                self._expect(",", "}")
                if self._accepted("}"):
                    break
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
        return tuple(entries)

    def _take(self) -> Token:
        token = self.next
        self._at += 1
        return token

    def _accepted(self, operator: str) -> Token | None:
        return self._take() if self.next.kind == "operator" and self.next.text == operator else None

    def _expect(self, *operators: str) -> None:
        if not self._accepted(operators[0]):
            raise self.error(f"{' or '.join(map(repr, operators))} is missing before {self.next.shown}")

    def _name(self, what: str) -> Token:
        if self.next.kind != "name":
            raise self.error(f"{what} is missing before {self.next.shown}")
        return self._take()


def _literal(token: Token) -> int | float | str | bool | None:
    if token.kind == "int":
        return int(token.text, 16 if token.text[:2] in ("0x", "0X") else 10)
    if token.kind == "double":
        return float(token.text)
    return _CONSTANTS[token.text] if token.kind == "name" else token.text
