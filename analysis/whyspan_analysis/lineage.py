"""Where a value came from: given by the user, observed by a tool, derived from observations, or the model's own.

Every observation is indexed once; asking for a value costs a look-up. Arithmetic is tried for numbers that are
found nowhere, within one observation at a time and within fixed bounds.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Steps
from whyspan_analysis.values import MAX_TEXT, Leaf, Value, leaves, of_scalar, of_text, significand

MAX_TERMS = 24
"""Numbers of one observation tried as terms: 276 pairs; a longer table gives its sum, count, least and greatest only."""
MAX_OBSERVATIONS = 12
"""Observations searched for a derivation, latest first."""
MAX_SEARCHES = 400
"""Derivations searched in one run (about 2 ms each); numbers beyond count as the model's own."""


END = 10**9
"""A position after every span: what is known before it is everything."""


class Source(StrEnum):
    """Where a value was first seen."""

    GIVEN = "given"
    """In the task, the user's words or the system's instructions."""
    OBSERVED = "observed"
    """In the result of a tool or a retrieval."""
    DERIVED = "derived"
    """Computed from numbers of one observation by sum, difference, product, share, count, least or greatest."""
    MODEL = "model"
    """Nowhere but in what a model wrote: ungrounded."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a value stood."""

    order: int
    """Position in `Run.spans` from which on it could be known."""
    source: Source
    span_id: str
    path: str
    key: str
    """The name of the field that held it; empty in running text."""
    value: Value
    observation: int
    """Index into `Lineage.observations`; -1 for what was given."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One result, as leaves."""

    index: int
    """Its position in `Lineage.observations`."""
    order: int
    """Position in `Run.spans` from which on it was known."""
    span_id: str
    path: str
    action: Action
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The answer to "where did this value come from?"."""

    source: Source
    sightings: tuple[Sighting, ...] = ()
    """Earliest first; the terms of the computation where it was derived."""
    how: str | None = None
    """The computation in words, where it was derived."""


class Lineage:
    """All values a run was given or observed, in one index."""

    def __init__(self, run: Run, steps: Steps) -> None:
        self._sightings: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
        self._by_digits: dict[str, list[Sighting]] = defaultdict(list)
        self.observations: list[Observation] = []
        self._searches = 0
        self._told: list[str] = []
        self.task_known = False
        """False when nothing the run was told was captured: then nothing can be called ungrounded."""
        for order, span_id, path, value in _given(run, steps):
            self.task_known = True
            self._told += [
                leaf.value[:MAX_TEXT].casefold() for leaf in leaves(value, path) if isinstance(leaf.value, str)
            ]
            self._index(order, Source.GIVEN, span_id, path, value, -1)
        for order, (span_id, path), action in _observed(run, steps):
            index = len(self.observations)
            found = self._index(order, Source.OBSERVED, span_id, path, action.result, index)
            self.observations.append(Observation(index, order, span_id, path, action, found))
        self._asked = {
            spelling
            for action in steps.actions
            for leaf in leaves(action.arguments, "arguments")
            for value in of_scalar(leaf.value)
            for spelling in _spellings(value)
        }
        for seen in self._sightings.values():
            seen.sort(key=lambda sighting: sighting.order)

    def _index(
        self, order: int, source: Source, span_id: str, path: str, value: Any, observation: int
    ) -> tuple[Leaf, ...]:
        found = tuple(leaves(value, path))
        for leaf in found:
            for typed in of_scalar(leaf.value):
                sighting = Sighting(order, source, span_id, leaf.path, leaf.key, typed, observation)
                for canon in _spellings(typed):
                    self._sightings[canon].append(sighting)
                if typed.kind == "number" and source is Source.OBSERVED:
                    self._by_digits[significand(typed.canon)].append(sighting)
        return found

    def origin(self, value: Value, before: int) -> Origin:
        """Where a value came from, as far as it could be known before a position in `Run.spans`."""
        seen = self.sightings(value, before)
        if seen:
            observed = any(sighting.source is Source.OBSERVED for sighting in seen)
            return Origin(Source.OBSERVED if observed else Source.GIVEN, tuple(seen))
        if value.kind == "number" and (derived := self._derive(value, before)) is not None:
            return derived
        return Origin(Source.MODEL)

    def sightings(self, value: Value, before: int) -> list[Sighting]:
        """Where exactly this value stood before a position, earliest first."""
        exact, *loose = _spellings(value)
        seen = self._sightings.get(exact, [])
        for spelling in loose:  # `18 April` is seen when 2026-04-18 is asked for, another year's 18 April is not
            seen = seen + [other for other in self._sightings.get(spelling, ()) if other.value.canon == spelling[1]]
        return [sighting for sighting in seen if sighting.order < before] if loose else _until(seen, before)

    def ungrounded(self, text: str, before: int) -> list[Value]:
        """The typed values of a text that were neither given nor observed nor follow from what was, in order.

        Whole numbers below 10 are left out: they count, number and hedge, and are found everywhere.
        """
        return [value for value in self.typed(text) if self.origin(value, before).source is Source.MODEL]

    def invented(self, answer: str) -> list[Value]:
        """The ungrounded values of an answer, less those the run itself asked its tools about.

        "I found nothing for a@b.com" states no particulars, even where nobody knows who brought up a@b.com. Nothing
        is invented when what the run was told was not captured.
        """
        loose = self.ungrounded(answer, END) if self.task_known else []
        return [value for value in loose if not self._asked.intersection(_spellings(value))]

    def typed(self, text: str) -> list[Value]:
        """The typed values of a text, small numbers left out."""
        return [value for value in of_text(text) if not is_small(value)]

    def told(self, phrase: str) -> bool:
        """True when a phrase of four or more letters stands word for word, whatever its case, in what the run was told."""
        wanted = phrase.strip().casefold()
        return len(wanted) >= 4 and any(wanted in text for text in self._told)

    def misspelt(self, value: Value, before: int) -> Sighting | None:
        """A value seen before that differs from this one in one character or in two that changed places.

        Ids of five or more characters and numbers of five or more digits are compared, with those of equal length.
        """
        if value.kind not in ("id", "number") or len(value.canon) < 5:
            return None
        return next(
            (
                seen[0]
                for (kind, canon), seen in self._sightings.items()
                if kind == value.kind and seen[0].order < before and _one_slip(value.canon, canon)
            ),
            None,
        )

    def miscopied(self, value: Value, before: int) -> Sighting | None:
        """The observed number this one looks copied from wrongly: same digits, another power of ten; latest first.

        At least three digits must agree. A factor of 100 or 1000 between different units (percent, cents,
        kilobytes) is a conversion, and a number that was itself seen or can be derived is none at all.
        """
        if value.kind != "number" or len(digits := significand(value.canon)) < 3:
            return None
        for sighting in reversed(self._by_digits.get(digits, ())):
            if sighting.order < before and not _is_conversion(value, sighting.value):
                return sighting
        return None

    def _derive(self, value: Value, before: int) -> Origin | None:
        self._searches += 1
        if self._searches > MAX_SEARCHES:
            return None
        visible = [observation for observation in self.observations if observation.order < before][-MAX_OBSERVATIONS:]
        columns: dict[str, list[Sighting]] = defaultdict(list)
        for observation in reversed(visible):
            numbers = [sighting for leaf in observation.leaves for sighting in _numbers(observation, leaf)]
            if (found := _compute(value, numbers)) is not None:
                return found
            for sighting in numbers:
                columns[sighting.key].append(sighting)
        for key, column in columns.items():  # one field of several observations: what two orders cost together
            if key and (found := _compute(value, column)) is not None:
                return found
        return None


def _one_slip(one: str, other: str) -> bool:
    """True when two texts of equal length differ in one character, or in two neighbours that changed places."""
    if len(one) != len(other):
        return False
    differing = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) == 2:
        i, j = differing
        return j == i + 1 and one[i] == other[j] and one[j] == other[i]
    return len(differing) == 1


def is_small(value: Value) -> bool:
    """True for whole numbers below 10, which carry no evidence of where they came from."""
    return value.kind == "number" and not value.unit and abs(float(value.canon)) < 10 and "." not in value.canon


def _until(seen: list[Sighting], before: int) -> list[Sighting]:
    return seen[: bisect_right(seen, before - 1, key=lambda sighting: sighting.order)]


def _spellings(value: Value) -> tuple[tuple[str, str], ...]:
    """The keys a value is indexed under: a date also without its year, a whole number of four digits also as an id."""
    if value.kind == "date" and not value.canon.startswith("--"):
        return ((value.kind, value.canon), (value.kind, "-" + value.canon[4:]))
    return ((value.kind, value.canon),)


def _is_conversion(one: Value, other: Value) -> bool:
    exponent = abs(Decimal(one.canon).adjusted() - Decimal(other.canon).adjusted())
    return exponent != 1 and one.unit != other.unit


def _numbers(observation: Observation, leaf: Leaf) -> Iterator[Sighting]:
    for typed in of_scalar(leaf.value):
        if typed.kind == "number":
            yield Sighting(
                observation.order, Source.OBSERVED, observation.span_id, leaf.path, leaf.key, typed, observation.index
            )


def _compute(value: Value, numbers: list[Sighting]) -> Origin | None:
    """How a number follows from others, within the rounding it was written with; None when no tried way gives it."""
    target = float(value.canon)
    slack = 0.5 * 10.0 ** -len(value.raw.partition(".")[2]) if "." in value.raw else 0.0
    slack += 1e-9 * abs(target)
    terms = [(float(sighting.value.canon), sighting) for sighting in numbers]
    if len(terms) > 1:
        total = sum(number for number, _ in terms)
        for how, number in (("sum", total), ("mean", total / len(terms)), ("count", float(len(terms)))):
            if abs(number - target) <= slack:
                return Origin(Source.DERIVED, tuple(numbers[:MAX_TERMS]), how)
    for (a, one), (b, other) in combinations(terms[:MAX_TERMS], 2):
        for how, number in _pairwise(a, b):
            if abs(number - target) <= slack:
                return Origin(Source.DERIVED, (one, other), how)
    return None


def _pairwise(a: float, b: float) -> Iterator[tuple[str, float]]:
    yield "sum", a + b
    yield "difference", abs(a - b)
    yield "product", a * b
    for x, y in ((a, b), (b, a)):
        yield "percentage of", x * y / 100
        if y:
            yield "ratio", x / y
            yield "share in percent", 100 * x / y


def _given(run: Run, steps: Steps) -> Iterator[tuple[int, str, str, Any]]:
    """What the run was told, with the position from which on it was known."""
    told = {root.span_id for root in run.children[None]}
    told.update(span.span_id for span in [s for s in run.spans if s.kind is Kind.AGENT][:1])
    for order, span in enumerate(run.spans):
        content = run.contents[span.span_id]
        if span.span_id in told and span.kind in (Kind.AGENT, Kind.STEP, Kind.OTHER):
            if content.input is not None:
                yield order, span.span_id, "input", content.input
            for m, message in enumerate(content.input_messages):
                for p, part in enumerate(message.parts):
                    yield order, span.span_id, f"input_messages[{m}].parts[{p}].content", part.content
        for key in (semconv.RUN_TASK, semconv.RUN_CONSTRAINTS):
            if key in span.attributes:
                yield order, span.span_id, f"attributes.{key}", span.attributes[key]
    for index, call in enumerate(steps.calls):
        roles = ("system", "user", "assistant") if index == 0 else ("system", "user")
        for position in call.new:
            message = call.content.input_messages[position]
            for p, part in enumerate(message.parts if message.role in roles else ()):
                if part.type == "text":
                    yield call.order, call.span.span_id, f"input_messages[{position}].parts[{p}].content", part.content


def _observed(run: Run, steps: Steps) -> Iterator[tuple[int, tuple[str, str], Action]]:
    """What tools gave back, each from the end of its own work on. Another agent's answer is no observation."""
    last = {span.span_id: order for order, span in enumerate(run.spans)}
    for span in reversed(run.spans):
        if span.parent_span_id in last:
            last[span.parent_span_id] = max(last[span.parent_span_id], last[span.span_id])
    asking = [call.order for call in steps.calls]
    for action in steps.actions:
        if action.result_at is None:
            continue
        end = last[action.span.span_id] if action.span is not None else run.order[action.result_at[0]]
        if is_handoff(action.name) or (action.span is not None and action.span.kind is Kind.HANDOFF):
            continue
        if action.span is None or bisect_right(asking, action.order) == bisect_right(asking, end):
            yield end, action.result_at, action
