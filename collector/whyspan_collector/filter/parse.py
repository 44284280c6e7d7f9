"""Reading a filter: any text either becomes a checked tree or raises FilterError, which says where and what is wrong."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple, cast

from whyspan_collector.errors import QueryError
from whyspan_collector.filter.fields import FIELDS
from whyspan_collector.filter.tree import Both, Either, Node, Not, Operator, Term
from whyspan_collector.filter.values import WrongValue, phrase, read_value

_DEPTH: Final = 50
"""Parentheses and minus signs inside each other; more is no question a person asks."""
_TERMS: Final = 100

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<minus>-(?=\S))
    |(?:(?P<field>[A-Za-z_]\w*)(?P<operator>:>=|:<=|:>|:<|:|>=|<=|>|<))?
     (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s()"]*))""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"or", "and", "not"}


class FilterError(QueryError):
    """The filter cannot be read.

    Attributes:
        position: index of the character where it goes wrong, 0 for the first.
    """

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"the filter is wrong at character {position + 1}: {reason}")
        self.position = position


class _Token(NamedTuple):
    kind: Literal["open", "close", "minus", "or", "and", "not", "term", "end"]
    position: int
    field: str | None = None
    operator: str = ":"
    value: str = ""
    quoted: bool = False


def parse(text: str, now_ns: int | None = None) -> Node:
    """Reads a filter; an empty one holds for every run.

    Args:
        text: as written by a person.
        now_ns: what `since:7d` counts back from, nanoseconds since the epoch; by default the present.

    Raises:
        FilterError: it is not one.
    """
    parser = _Parser(list(_tokens(text)), time.time_ns() if now_ns is None else now_ns)
    if parser.next.kind == "end":
        return Both(())
    node = parser.either()
    if parser.next.kind == "close":
        raise FilterError("this parenthesis closes nothing", parser.next.position)
    return node


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise FilterError("this quote is never closed", at)
        start, at = at, found.end()
        if found["space"]:
            continue
        for kind in ("open", "close", "minus"):
            if found[kind]:
                yield _Token(kind, start)
                break
        else:
            yield _term(found, start)
    yield _Token("end", len(text))


def _term(found: re.Match[str], start: int) -> _Token:
    quoted, bare = found["quoted"], found["bare"]
    if quoted is None and found["field"] is None and bare.lower() in _WORDS:
        return _Token(cast("Literal['or', 'and', 'not']", bare.lower()), start)
    if quoted is None and not bare:
        next_quote = found.string[found.end() : found.end() + 1] == '"'
        raise FilterError(
            "this quote is never closed" if next_quote else f"{found['field']} needs a value", found.end()
        )
    value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    return _Token("term", start, found["field"], found["operator"] or ":", value, quoted is not None)


@dataclass
class _Parser:
    """A reader of tokens, one ahead."""

    tokens: list[_Token]
    now_ns: int
    at: int = 0
    depth: int = 0
    terms: int = field(default=0)

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def either(self) -> Node:
        """`and` groups, with `or` between them."""
        nodes = [self.both()]
        while self.next.kind == "or":
            self.at += 1
            nodes.append(self.both())
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def both(self) -> Node:
        """Terms side by side; `and` between them may be written."""
        nodes = [self.one()]
        while self.next.kind not in ("or", "close", "end"):
            if self.next.kind == "and":
                self.at += 1
            nodes.append(self.one())
        return nodes[0] if len(nodes) == 1 else Both(tuple(nodes))

    def one(self) -> Node:
        """A term, a group in parentheses, or the contrary of either."""
        token = self.next
        self.at += 1
        match token.kind:
            case "term":
                return self.term(token)
            case "open" | "minus" | "not":
                self.depth += 1
                if self.depth > _DEPTH:
                    raise FilterError(f"more than {_DEPTH} parentheses or negations inside each other", token.position)
                node = self.group(token) if token.kind == "open" else Not(self.one())
                self.depth -= 1
                return node
            case "end":
                raise FilterError("something is missing at the end", token.position)
            case "close":
                raise FilterError("this parenthesis closes nothing, or nothing stands before it", token.position)
            case _:
                raise FilterError(f"`{token.kind}` stands between two terms; quote it to search for it", token.position)

    def group(self, opened: _Token) -> Node:
        """What stands between the parenthesis that was opened and the one that closes it."""
        node = self.either()
        if self.next.kind != "close":
            raise FilterError("this parenthesis is never closed", opened.position)
        self.at += 1
        return node

    def term(self, token: _Token) -> Term:
        """A field with its checked value, or a free word."""
        self.terms += 1
        if self.terms > _TERMS:
            raise FilterError(f"more than {_TERMS} terms", token.position)
        if token.field is None:
            return Term("any", "=", phrase(token.value, is_quoted=token.quoted))
        known = FIELDS.get(token.field.lower())
        if known is None:
            close = get_close_matches(token.field.lower(), FIELDS, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(FIELDS)}"
            raise FilterError(
                f"there is no field {token.field!r}; {hint} (in quotes it is searched as text)", token.position
            )
        operator = token.operator.removeprefix(":") or "="
        try:
            value = read_value(known, operator, token.value, self.now_ns, is_quoted=token.quoted)
        except WrongValue as error:
            raise FilterError(str(error), token.position) from None
        return Term(known.name, cast("Operator", operator), value)
