r"""Regular expressions in linear time: a pattern is a set of states, and each character moves the whole set once.

Patterns come from people and models, and texts from traces: Python's `re` takes years for some pairs of the two.
The syntax is RE2's without captures, `\b` and Unicode classes; `found_in` looks anywhere in the text, as CEL does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from whyspan.rules.cel.errors import RuleError

MAX_PATTERN: Final = 500
"""Characters of a pattern."""
MAX_STATES: Final = 2_000
"""States of a pattern after its counted repetitions are written out."""
MAX_SETS: Final = 500
"""Sets of states remembered at a time: 500 of them take a megabyte at most."""
MAX_TEXT: Final = 20_000
"""Characters looked at; a character costs 0.1 us once its set of states is known."""

_Test = Callable[[str], bool]
_START, _END = "start", "end"
_CLASSES: Final[dict[str, _Test]] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: "0" <= c <= "9" or "a" <= c <= "z" or "A" <= c <= "Z" or c == "_",
    "s": lambda c: c in " \t\n\r\f",
}
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


@dataclass(slots=True, eq=False)
class _State:
    """A state; with a test it waits for a character, otherwise it leads on at once."""

    test: _Test | None = None
    assertion: str | None = None
    to: "list[_State]" = field(default_factory=list)


class Pattern:
    """A compiled pattern."""

    def __init__(self, source: str) -> None:
        """Raises RuleError, whose column counts within the pattern."""
        if len(source) > MAX_PATTERN:
            raise RuleError(f"the pattern has {len(source)} characters; at most {MAX_PATTERN} are allowed")
        self.source = source
        start, self._accepting = _Reader(source).read()
        self._first = _closure([start], at_start=True)
        self._anywhere = _closure([start], at_start=False)
        self._moves: dict[tuple[frozenset[_State], str], frozenset[_State]] = {}

    def found_in(self, text: str) -> bool:
        """True when some part of the text (its first `MAX_TEXT` characters) matches."""
        states = self._first
        moves = self._moves
        for character in text[:MAX_TEXT]:
            if self._accepting in states:
                return True
            following = moves.get((states, character))
            if following is None:
                if len(moves) >= MAX_SETS:
                    moves.clear()
                following = moves[states, character] = self._move(states, character)
            states = following
        return self._accepting in states or self._accepting in _ended(states)

    def _move(self, states: frozenset[_State], character: str) -> frozenset[_State]:
        reached = [to for state in states if state.test is not None and state.test(character) for to in state.to]
        return _closure(reached, at_start=False) | self._anywhere


def _closure(states: list[_State], *, at_start: bool = False, at_end: bool = False) -> frozenset[_State]:
    """Everything that is reached without a character."""
    reached: set[_State] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state in reached:
            continue
        reached.add(state)
        holds = {None: True, _START: at_start, _END: at_end}[state.assertion]
        if state.test is None and holds:
            waiting += state.to
    return frozenset(reached)


def _ended(states: frozenset[_State]) -> frozenset[_State]:
    return _closure([to for state in states if state.assertion == _END for to in state.to], at_end=True)


_Piece = tuple[_State, _State]
"""Where a part of a pattern begins and ends."""


class _Reader:
    """Reads a pattern by recursive descent into states."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._count = 0
        self._depth = 0
        self._folded = source.startswith("(?i)")
        if self._folded:
            self._at = 4

    def read(self) -> _Piece:
        piece = self._alternatives()
        if self._at < len(self._source):
            raise self._error(f"{self._source[self._at]!r} without its opening bracket")
        return piece

    def _error(self, message: str) -> RuleError:
        return RuleError(f"pattern {self._source!r}, character {self._at + 1}: {message}")

    def _state(self, test: _Test | None = None, assertion: str | None = None) -> _State:
        self._count += 1
        if self._count > MAX_STATES:
            raise self._error(f"the pattern needs more than {MAX_STATES} states; repeat less")
        return _State(test, assertion)

    def _alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > 20:
            raise self._error("brackets nest deeper than 20 levels")
        start, end = self._state(), self._state()
        while True:
            first, last = self._sequence()
            start.to.append(first)
            last.to.append(end)
            if self._peek() != "|":
                self._depth -= 1
                return start, end
            self._at += 1

    def _sequence(self) -> _Piece:
        start = end = self._state()
        while self._peek() not in ("", "|", ")"):
            first, last = self._repeated()
            end.to.append(first)
            end = last
        return start, end

    def _repeated(self) -> _Piece:
        begin = self._at
        piece = self._atom()
        bounds = self._bounds()
        if bounds is None:
            return piece
        after = self._at
        low, high = bounds
        start = end = self._state()
        for number in range(low if high is None else high):
            self._at = begin
            first, last = self._atom()
            end.to.append(first)
            if number >= low:
                end.to.append(last)
            end = last
        if high is None:
            self._at = begin
            first, last = self._atom()
            loop = self._state()
            end.to.append(loop)
            loop.to.append(first)
            last.to.append(loop)
            end = self._state()
            loop.to.append(end)
        self._at = after
        if self._peek() == "?":
            self._at += 1  # lazy or not is the same when only the answer counts
        if self._peek() in ("*", "+", "{"):
            raise self._error("a repetition of a repetition; put brackets around the first")
        return start, end

    def _bounds(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._peek())
        if simple is not None:
            self._at += 1
            return simple
        if self._peek() != "{":
            return None
        close = self._source.find("}", self._at)
        low, comma, high = self._source[self._at + 1 : max(close, self._at)].partition(",")
        if not low.isdigit() or not (high.isdigit() or not high):
            raise self._error("a repetition is written {2}, {2,} or {2,5}; a bracket as such is \\{")
        bounds = (int(low), int(low) if not comma else int(high) if high else None)
        if bounds[0] > 200 or (bounds[1] or 0) > 200 or (bounds[1] is not None and bounds[1] < bounds[0]):
            raise self._error("a repetition counts up to 200, from less to more")
        self._at = close + 1
        return bounds

    def _atom(self) -> _Piece:
        character = self._peek()
        self._at += 1
        if character == "(":
            if self._source.startswith("?:", self._at):
                self._at += 2
            elif self._peek() == "?":
                raise self._error("of the groups with ? there is (?:...), and (?i) at the beginning")
            piece = self._alternatives()
            if self._peek() != ")":
                raise self._error("a bracket is not closed")
            self._at += 1
            return piece
        if character in ("^", "$"):
            state = self._state(assertion=_START if character == "^" else _END)
            end = self._state()
            state.to.append(end)
            return state, end
        if character in ("*", "+", "?", "{"):
            self._at -= 1
            raise self._error(f"{character!r} with nothing to repeat")
        test = self._set() if character == "[" else self._escaped() if character == "\\" else self._one(character)
        state, end = self._state(test), self._state()
        state.to.append(end)
        return state, end

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _one(self, character: str) -> _Test:
        if character == ".":
            return lambda c: c != "\n"
        return self._between(character, character)

    def _between(self, low: str, high: str) -> _Test:
        if not self._folded:
            return (lambda c: c == low) if low == high else lambda c: low <= c <= high
        return lambda c: low <= c <= high or low <= c.lower() <= high or low <= c.upper() <= high

    def _escaped(self) -> _Test:
        character = self._peek()
        self._at += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if character.lower() in _CLASSES:
            held = _CLASSES[character.lower()]
            return lambda c: not held(c)
        if character in _ESCAPES:
            return self._between(_ESCAPES[character], _ESCAPES[character])
        if not character or character.isalnum():
            self._at -= 1
            raise self._error(
                f"\\{character} is not known; there are \\d \\w \\s \\D \\W \\S \\n \\t \\r and escaped punctuation"
            )
        return self._between(character, character)

    def _set(self) -> _Test:
        negated = self._peek() == "^"
        self._at += negated
        tests: list[_Test] = []
        while self._peek() != "]" or not tests:
            character = self._peek()
            if not character:
                raise self._error("a set [...] is not closed")
            self._at += 1
            if character == "\\":
                tests.append(self._escaped())
            elif self._peek() == "-" and self._source[self._at + 1 : self._at + 2] not in ("", "]"):
                high = self._source[self._at + 1]
                self._at += 2
                if high == "\\" or high < character:
                    raise self._error("a range goes from a lower to a higher character")
                tests.append(self._between(character, high))
            else:
                tests.append(self._between(character, character))
        self._at += 1
        return (lambda c: not any(test(c) for test in tests)) if negated else lambda c: any(test(c) for test in tests)
