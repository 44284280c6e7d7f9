"""What differs between the moments of two runs, field by field, and whether it is more than other words for the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final, Literal, TypeAlias

from whyspan_analysis.compare.alignment import Pair
from whyspan_analysis.fields import QUOTE_LENGTH, read, refer, text
from whyspan_analysis.model import Ref, Run
from whyspan_analysis.moments import Moment, Part
from whyspan_analysis.values import MAX_TEXT, of_scalar

DifferenceKind: TypeAlias = Literal["changed", "only_here", "only_there"]

MAX_FIELDS: Final = 8
"""Fields told of one difference: a table that differs in its first rows differs in all."""
_PROSE_WORDS: Final = 4
"""From so many words on a text may say the same in other words."""
_WORDS: Final = re.compile(r"\w{3,64}")
_WORD: Final = "text "
"""What a word begins with among values; the others begin with their kind."""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field, and what stood there in each run."""

    field: str
    here: Ref | None
    """None where only the other run has it."""
    there: Ref | None


@dataclass(slots=True)
class Difference:
    """One moment that differs."""

    kind: DifferenceKind
    here: Moment | None
    there: Moment | None
    fields: list[FieldDifference]
    wording: bool
    """True when only prose differs, no value in it and, as far as `consequences` sees, no word that was acted on."""
    values: tuple[frozenset[str], frozenset[str]]
    """The values only this run, and only the other, had here."""
    instead: Moment | None
    """What this run chose at the place of something only the other run did."""
    consequential: bool = field(default=False)
    """True when the outcome can depend on it; see `consequences`."""
    linked: bool = field(default=False)
    """True when recorded values and choices lead from it to an outcome."""


def differences(run: Run, other: Run, pairs: Sequence[Pair]) -> list[Difference]:
    """The pairs that are not the same, in order."""
    found: list[Difference] = []
    following: Moment | None = None
    for here, there in reversed(pairs):
        if here is None or there is None or here.digest != there.digest:
            found.append(_difference(run, other, here, there, following))
        if here is not None and here.kind != "tool":
            following = here
    return found[::-1]


def _difference(
    run: Run, other: Run, here: Moment | None, there: Moment | None, following: Moment | None
) -> Difference:
    kind: DifferenceKind = "changed" if here and there else "only_here" if here else "only_there"
    told: list[FieldDifference] = []
    both, prose = (set[str](), set[str]()), here is None or here.kind != "decision"  # a choice is no way of speaking
    for name, one, two, path in _unequal(here, there):
        mine, theirs = (None if part is None else part.facets.get(path) for part in (one, two))
        both[0].update(_values(mine))
        both[1].update(_values(theirs))
        prose = prose and _is_prose(mine) and _is_prose(theirs)
        needle = _first_unlike(mine, theirs)
        if len(told) < MAX_FIELDS:
            told.append(FieldDifference(name, _ref(run, one, path, needle[0]), _ref(other, two, path, needle[1])))
    for otherwise in _of_the_moments(run, other, here, there):
        prose = False
        told.insert(0, otherwise)
    only = frozenset(both[0] - both[1]), frozenset(both[1] - both[0])
    wording = kind == "changed" and prose and all(value.startswith(_WORD) for values in only for value in values)
    return Difference(kind, here, there, told, wording, only, following if here is None else None)


def _of_the_moments(run: Run, other: Run, here: Moment | None, there: Moment | None) -> Iterator[FieldDifference]:
    """Another agent, or another choice or tool."""
    if here is None or there is None:
        return
    if here.agent != there.agent:
        yield FieldDifference("agent", _agent_ref(run, here), _agent_ref(other, there))
    if here.name != there.name:
        what = "tool" if here.kind == "tool" else "choice"
        yield FieldDifference(what, _name_ref(run, here), _name_ref(other, there))


def _agent_ref(run: Run, moment: Moment) -> Ref | None:
    """Where the agent is named on the span; None where it takes it from one above."""
    return refer(run, moment.span_id, "agent") if run.span(moment.span_id).agent else None


def _unequal(here: Moment | None, there: Moment | None) -> Iterator[tuple[str, Part | None, Part | None, str]]:
    """The (name, part here, part there, path) at which the moments differ."""
    mine, theirs = _parts(here), _parts(there)
    for key in dict.fromkeys([*mine, *theirs]):
        one, two = mine.get(key), theirs.get(key)
        facets, others = (part.facets if part is not None else {} for part in (one, two))
        for path in dict.fromkeys([*facets, *others]):
            if path not in facets or path not in others or not _equal(facets[path], others[path]):
                name = key[0] + (f" {path.removeprefix('.')}" if path else "")
                yield name, one if path in facets else None, two if path in others else None, path


def _parts(moment: Moment | None) -> dict[tuple[str, int], Part]:
    """The parts by name and by how many of that name came before."""
    found: dict[tuple[str, int], Part] = {}
    for part in moment.parts if moment is not None else ():
        number = sum(name == part.name for name, _ in found)
        found[part.name, number] = part
    return found


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _values(scalar: Any) -> set[str]:
    """The typed values of a scalar, the words of prose, and any other text as a whole: what a later step can use."""
    found = {f"{value.kind} {value.canon}" for value in of_scalar(scalar)}
    if _is_prose(scalar):
        found.update(f"{_WORD}{word.casefold()}" for word in _WORDS.findall(scalar[:MAX_TEXT]))
    elif isinstance(scalar, str) and len(scalar) > 1 and not found:
        found.add(f"{_WORD}{scalar.casefold()}")
    return found


def _is_prose(scalar: Any) -> bool:
    return isinstance(scalar, str) and len(scalar.split()) >= _PROSE_WORDS


def _first_unlike(one: Any, other: Any) -> tuple[str | None, str | None]:
    """What to centre the quotes of two long texts on: where they part."""
    if not (isinstance(one, str) and isinstance(other, str)) or max(len(one), len(other)) <= QUOTE_LENGTH:
        return None, None
    place = next((i for i, (a, b) in enumerate(zip_longest(one, other)) if a != b), 0)
    return one[place : place + 20] or None, other[place : place + 20] or None


def _ref(run: Run, part: Part | None, path: str, needle: str | None) -> Ref | None:
    """The evidence for one field; the whole part where its value was sent as JSON text."""
    if part is None:
        return None
    try:
        return refer(run, part.span_id, part.path + path, needle)
    except KeyError:
        leaf = text(part.facets[path])
        whole = text(read(run, part.span_id, part.path))
        return refer(run, part.span_id, part.path, leaf if leaf in whole else needle)


def _name_ref(run: Run, moment: Moment) -> Ref:
    """Where a choice stands: the calls asked for, what was said, else the span's name."""
    for action in moment.actions:
        if moment.kind == "model call" and action.arguments_at is not None:
            return refer(run, action.arguments_at[0], action.arguments_at[1].removesuffix(".value") + ".name")
    part = next((part for part in moment.parts if part.name in ("answer", "error")), None)
    return refer(run, part.span_id, part.path) if part is not None else refer(run, moment.span_id, "name")
