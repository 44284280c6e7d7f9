"""Where a value came from: given by the user, observed by a tool, derived from observations, or the model's own.

Every observation is indexed once; asking for a value costs a look-up. Arithmetic is tried for numbers that are
found nowhere, within one observation at a time and within fixed bounds.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from whyspan_analysis.derivation import derive
from whyspan_analysis.model import Run
from whyspan_analysis.sources import Material, observed, told
from whyspan_analysis.steps import Action, Steps
from whyspan_analysis.values import (
    MAX_TEXT,
    Leaf,
    Value,
    is_dense,
    is_small,
    leaves,
    of_scalar,
    of_text,
    significand,
    slips,
    sort_of,
)

MAX_OBSERVATIONS = 12
"""Observations searched for a derivation, latest first."""
MAX_SEARCHES = 100
"""Derivations searched in one run (some 2 ms each); later numbers count as the model's own."""
MAX_SIGHTINGS = 64
"""Sightings kept of one value, the earliest: what stands in more places tells nothing about where it came from."""
ENOUGH = 2 * MAX_SIGHTINGS
"""Sightings gathered of one value, at most half of them given: an observation after so many is none of the earliest."""
MIN_SLIP, MAX_SLIP = 5, 40
"""Lengths of ids compared for slips: shorter ones are all alike, longer ones are never typed."""
MAX_SLIPPERY = 10_000
"""Values compared for slips, the earliest: among more, one that differs in a character stands by chance."""
END = 10**9
"""A position after every span: what is known before it is everything."""

_order = attrgetter("order")
_Scalar: TypeAlias = tuple[type, Any]
"""A scalar with its type: `1` is another than `1.0` or `True`."""
_DIGITS = re.compile(r"\d+")


class Source(StrEnum):
    """Where a value was first seen."""

    GIVEN = "given"
    """In the task, the user's words or the system's instructions."""
    OBSERVED = "observed"
    """In the result of a tool or a retrieval."""
    DERIVED = "derived"
    """Computed from observed numbers; see `derivation`."""
    MODEL = "model"
    """Nowhere but in what a model wrote: ungrounded."""


class Sighting(NamedTuple):
    """One place where a value stood."""

    order: int
    """Position in `Run.spans` from which on it could be known."""
    source: Source
    span_id: str
    path: str
    key: str
    """The name of the field that held it; empty in running text."""
    value: Value
    action: Action | None
    """The action that observed it; None for what was given."""

    @property
    def teller(self) -> str:
        """Who said it, in words: the tool's name, or the task."""
        return f"`{self.action.name}`" if self.action is not None else "the task"


@dataclass(frozen=True)
class Observation:
    """One result, as leaves."""

    order: int
    """Position in `Run.spans` from which on it was known."""
    span_id: str
    action: Action
    leaves: tuple[Leaf, ...]

    def news(self) -> Iterator[tuple[Leaf, _Scalar]]:
        """Its leaves and their scalars, without those that only repeat an argument of the call: these were not observed."""
        echoed = {(type(leaf.value), leaf.value) for leaf in leaves(self.action.arguments, "")}
        for leaf in self.leaves:
            scalar = (type(leaf.value), leaf.value)
            if scalar not in echoed:
                yield leaf, scalar

    @cached_property
    def numbers(self) -> tuple[Sighting, ...]:
        """The numbers in it; few observations are asked for them."""
        return tuple(
            Sighting(self.order, Source.OBSERVED, self.span_id, leaf.path, leaf.key, value, self.action)
            for leaf, _ in self.news()
            for value in of_scalar(leaf.value)
            if value.kind == "number"
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """The answer to "where did this value come from?"."""

    source: Source
    sightings: tuple[Sighting, ...] = ()
    """Earliest first; the terms of the computation where it was derived."""
    how: str | None = None
    """The computation in words, where it was derived."""


_NOWHERE = Origin(Source.MODEL)


class Lineage:
    """All values a run was given or observed, in one index."""

    def __init__(self, run: Run, steps: Steps) -> None:
        self.observations: list[Observation] = []
        self._observed: dict[Action, Observation] = {}
        self.task_known = False
        """False when nothing the run was told was captured: then nothing can be called ungrounded."""
        self._sightings: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
        self._slips: dict[tuple[str, int], dict[str, Sighting]] = {}
        self._told: list[tuple[str, str]] = []
        """What was said, as it was and whatever its case."""
        self._told_phrases: dict[str, bool] = {}
        self._derived: dict[tuple[str, int], Origin | None] = {}
        for material in told(run, steps):
            self.task_known = True
            self._listen(material)
        self._keep_earliest()
        self._observe(observed(run, steps))
        self._keep_earliest()
        self.observations.sort(key=_order)
        self._asked = {
            _spellings(value)[0]
            for action in steps.actions
            for leaf in leaves(action.arguments, "arguments")
            if steps.answer is None or leaf.value != steps.answer.text  # some agents answer by calling a tool
            for value in of_scalar(leaf.value)
        }

    def _listen(self, material: Material) -> None:
        for leaf in leaves(material.value, material.path):
            if isinstance(leaf.value, str):
                text = leaf.value[:MAX_TEXT]
                self._told.append((text, text.casefold()))
            for value in of_scalar(leaf.value):
                seen = Sighting(material.order, Source.GIVEN, material.span_id, leaf.path, leaf.key, value, None)
                for spelling in _spellings(value):
                    self._sightings[spelling].append(seen)

    def _observe(self, materials: Iterable[Material]) -> None:
        settled: set[_Scalar] = set()  # they hold no value, or one that was seen as often as is kept
        latest = 0
        for material in materials:
            order, span_id, action = material.order, material.span_id, material.action
            assert action is not None  # noqa: S101 - `observed` yields results of actions only
            observation = Observation(order, span_id, action, tuple(leaves(material.value, material.path)))
            self.observations.append(observation)
            self._observed[action] = observation
            in_order, latest = order >= latest, max(order, latest)
            for leaf, scalar in observation.news():
                if in_order and scalar in settled:
                    continue
                kept = False
                for value in of_scalar(leaf.value):
                    for spelling in _spellings(value):
                        seen = self._sightings[spelling]
                        if len(seen) < ENOUGH or not in_order:
                            kept = True
                            seen.append(Sighting(order, Source.OBSERVED, span_id, leaf.path, leaf.key, value, action))
                if not kept:
                    settled.add(scalar)

    def held(self, action: Action) -> Sequence[Leaf]:
        """The scalars of what an action gave back, as they were indexed; those of what is no observation are looked up now."""
        observation = self._observed.get(action)
        if observation is not None:
            return observation.leaves
        return tuple(leaves(action.result, action.result_at[1])) if action.result_at is not None else ()

    def _keep_earliest(self) -> None:
        for seen in self._sightings.values():
            if len(seen) > 1:
                seen.sort(key=_order)
                del seen[MAX_SIGHTINGS:]

    def origin(self, value: Value, before: int) -> Origin:
        """Where a value came from, as far as it could be known before a position in `Run.spans`."""
        seen = self.sightings(value, before)
        if seen:
            observed_ = any(sighting.source is Source.OBSERVED for sighting in seen)
            return Origin(Source.OBSERVED if observed_ else Source.GIVEN, tuple(seen))
        if value.kind == "number" and (derived := self._derive(value, before)) is not None:
            return derived
        return _NOWHERE

    def sightings(self, value: Value, before: int) -> list[Sighting]:
        """Where exactly this value stood before a position, earliest first."""
        exact, *loose = _spellings(value)
        seen = self._sightings.get(exact, [])
        for spelling in loose:  # `18 April` is seen when 2026-04-18 is asked for, another year's 18 April is not
            seen = seen + [other for other in self._sightings.get(spelling, ()) if other.value.canon == spelling[1]]
        return [sighting for sighting in seen if sighting.order < before]

    def within_id(self, value: Value) -> bool:
        """True when a number stands within an id that was seen: the 7504069 of `certificate_7504069`."""
        return len(value.canon) >= MIN_SLIP and value.canon.lstrip("-") in self._digits_of_ids

    @cached_property
    def _digits_of_ids(self) -> set[str]:
        return {digits for kind, canon in self._sightings if kind == "id" for digits in _DIGITS.findall(canon)}

    def alike(self, value: Value, before: int) -> list[Sighting]:
        """The other values of the same form seen before a position, each where it stood first: `o-4711` for `o-1234`."""
        same = self._of_sort.get((value.kind, sort_of(value)), ())
        return [first for first in same if first.value.canon != value.canon and first.order < before]

    @cached_property
    def _of_sort(self) -> dict[tuple[str, str], list[Sighting]]:
        found: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
        for first, *_ in self._sightings.values():
            found[first.value.kind, sort_of(first.value)].append(first)
        return found

    def ungrounded(self, text: str, before: int) -> list[Value]:
        """The typed values of a text that were neither given nor observed nor follow from what was, in order."""
        loose = (value for value in typed(text) if not is_small(value))
        return [value for value in loose if self.origin(value, before).source is Source.MODEL]

    def invented(self, answer: str) -> list[Value]:
        """The ungrounded values of an answer, less those the run itself asked its tools about.

        "I found nothing for a@b.com" states no particulars, even where nobody knows who brought up a@b.com. Nothing
        is invented when what the run was told was not captured.
        """
        loose = self.ungrounded(answer, END) if self.task_known else []
        return [value for value in loose if _spellings(value)[0] not in self._asked]

    def told(self, phrase: str) -> bool:
        """True when a phrase stands word for word in what the run was told: of four or more letters whatever its case, a shorter one as a word."""
        wanted = phrase.strip()
        if wanted not in self._told_phrases:
            self._told_phrases[wanted] = any(_says(text, folded, wanted) for text, folded in self._told)
        return self._told_phrases[wanted]

    def misspelt(self, value: Value, before: int) -> Sighting | None:
        """A value seen before that differs from this one in one character or in two neighbours that changed places.

        Ids of five or more characters and whole numbers of five or more digits are compared, with those of equal length.
        """
        if not _may_slip(value.kind, value.canon):
            return None
        known = self._slips_of(value.kind, len(value.canon))
        near = (known.get(slip) for slip in slips(value.canon))
        return next((seen for seen in near if seen is not None and seen.order < before), None)

    def _slips_of(self, kind: str, length: int) -> dict[str, Sighting]:
        """Slip -> where a value of this kind and length that it may stand for was seen first."""
        if (kind, length) not in self._slips:
            found = self._slips[kind, length] = {}
            alike = (key for key in self._sightings if key[0] == kind and len(key[1]) == length and _may_slip(*key))
            for key in islice(alike, MAX_SLIPPERY):
                for slip in slips(key[1]):
                    found.setdefault(slip, self._sightings[key][0])
        return self._slips[kind, length]

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

    @cached_property
    def _by_digits(self) -> dict[str, list[Sighting]]:
        found: dict[str, list[Sighting]] = defaultdict(list)
        for observation in self.observations:
            for sighting in observation.numbers:
                found[significand(sighting.value.canon)].append(sighting)
        return found

    def _derive(self, value: Value, before: int) -> Origin | None:
        key = (value.raw, before)
        if key not in self._derived:
            self._derived[key] = self._search(value, before) if len(self._derived) < MAX_SEARCHES else None
        return self._derived[key]

    def _search(self, value: Value, before: int) -> Origin | None:
        end = bisect_right(self.observations, before - 1, key=lambda observation: observation.order)
        columns: dict[str, list[Sighting]] = defaultdict(list)
        for observation in reversed(self.observations[max(0, end - MAX_OBSERVATIONS) : end]):
            if (found := _origin(value, observation.numbers)) is not None:
                return found
            for sighting in observation.numbers:
                columns[sighting.key].append(sighting)
        for key, column in columns.items():  # one field of several observations: what two orders cost together
            if key and (found := _origin(value, column)) is not None:
                return found
        return None


def typed(text: str) -> list[Value]:
    """The typed values of a text; whole numbers below 10, which count, number and hedge everywhere, left out."""
    return [value for value in of_text(text) if value.kind == "id" or not is_small(value)]


def _says(text: str, folded: str, phrase: str) -> bool:
    if len(phrase) >= 4 or is_dense(phrase):
        return phrase.casefold() in folded
    return len(phrase) >= 2 and re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


def _may_slip(kind: str, canon: str) -> bool:
    return kind in ("id", "number") and MIN_SLIP <= len(canon) <= MAX_SLIP and "." not in canon


def _spellings(value: Value) -> tuple[tuple[str, str], ...]:
    """The keys a value is indexed under: a date also without its year."""
    if value.kind == "date" and not value.canon.startswith("--"):
        return ((value.kind, value.canon), (value.kind, "-" + value.canon[4:]))
    return ((value.kind, value.canon),)


def _is_conversion(one: Value, other: Value) -> bool:
    exponent = abs(Decimal(one.canon).adjusted() - Decimal(other.canon).adjusted())
    return exponent != 1 and one.unit != other.unit


def _origin(value: Value, numbers: Sequence[Sighting]) -> Origin | None:
    found = derive(value, [float(sighting.value.canon) for sighting in numbers])
    return (
        Origin(Source.DERIVED, tuple(numbers[term] for term in found.terms), found.how) if found is not None else None
    )
