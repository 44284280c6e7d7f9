"""What the model stated before it acted on it: the turn that first wrote a value, and the numbers it could reckon with there.

A value an agent works out stands in one turn's words and is used in later ones; the turn to look at is the first.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from whyspan_analysis.lineage import MAX_SLIP, MIN_SLIP, Lineage, typed
from whyspan_analysis.reckoning import Known, columns, weighty
from whyspan_analysis.steps import Call, Steps
from whyspan_analysis.values import Value, of_scalar, of_text, significand, slips

MAX_RESULTS = 24
"""Results an agent is taken to reckon with, latest first."""


class Statement(NamedTuple):
    """A value in a model's own words."""

    order: int
    """Position in `Run.spans` of the turn."""
    call: Call
    path: str
    value: Value


class Statements:
    """The values models wrote in their words, each where it was written first."""

    def __init__(self, steps: Steps, lineage: Lineage) -> None:
        self._lineage = lineage
        self._first: dict[tuple[str, str], Statement] = {}
        self._near: dict[tuple[str, str], Statement] = {}
        self._stated: dict[str | None, list[tuple[int, float]]] = defaultdict(list)
        self._told: dict[str | None, list[tuple[int, float]]] = defaultdict(list)
        for call in steps.calls:
            for position in call.new:
                message = call.content.input_messages[position]
                if message.role in ("system", "user"):
                    words = " ".join(part.content for part in message.parts if part.type == "text")
                    self._told[call.agent] += [
                        (call.order, float(v.canon)) for v in of_text(words) if v.kind == "number"
                    ]
            for path, words in (*call.texts, *call.reasoning):
                for value in typed(words):
                    statement = Statement(call.order, call, path, value)
                    self._first.setdefault((value.kind, value.canon), statement)
                    if value.kind == "number":
                        self._stated[call.agent].append((call.order, float(value.canon)))

    def first(self, value: Value, before: int) -> Statement | None:
        """The turn that wrote a value first, if that was before a position."""
        found = self._first.get((value.kind, value.canon))
        return found if found is not None and found.order < before else None

    def near(self, value: Value, before: int) -> Statement | None:
        """A value stated before that this one looks copied from wrongly: one slip, or another power of ten."""
        if not self._near:
            for statement in self._first.values():
                for key in _slips(statement.value):
                    self._near.setdefault(key, statement)
        found = (self._near.get(key) for key in _slips(value))
        return next(
            (each for each in found if each is not None and each.order < before and each.value.canon != value.canon),
            None,
        )

    def first_number(self, number: float, before: int) -> Statement | None:
        """Like `first`, for a number without its spelling."""
        return self.first(of_scalar(number)[0], before)

    def known(self, agent: str | None, before: int) -> Known:
        """The numbers an agent could reckon with before a position."""
        results = []
        for observation in reversed(self._lineage.observations):
            if observation.order < before and observation.action.agent == agent:
                results.append(
                    columns(
                        (leaf.path[: leaf.path.rfind(leaf.key)], leaf.key, leaf.value) for leaf in observation.leaves
                    )
                )
                if len(results) == MAX_RESULTS:
                    break
        return Known(results[::-1], _before(self._told[agent], before + 1), _before(self._stated[agent], before))


def _slips(value: Value) -> Iterator[tuple[str, str]]:
    """Keys that a value shares with those it may be a wrong copy of."""
    if value.kind == "number" and weighty(float(value.canon)):
        yield "digits", significand(value.canon)
    if MIN_SLIP <= len(value.canon) <= MAX_SLIP:
        yield from ((value.kind, slip) for slip in slips(value.canon))


def _before(numbers: list[tuple[int, float]], order: int) -> list[float]:
    end = bisect_left(numbers, (order, float("-inf")))
    return list(dict.fromkeys(number for _, number in numbers[:end]))
