"""Why did, and why didn't: where a value that the run used or said came from, and why an option was not taken.

The answer is a slice of the run: places, each with its quote, and from each place on what the tool that gave the value
had itself been asked with. All of it is derived, by the same index of values the detectors use.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from whyspan_analysis.case import Case
from whyspan_analysis.fields import text
from whyspan_analysis.lineage import Source
from whyspan_analysis.model import DecisionNode, Ref, Sentence
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import telling
from whyspan_analysis.values import Leaf, Value, leaves

DEEPEST = 4
"""Tools one behind the other that are followed back from a value."""
MOST_PLACES = 3
"""Places shown for one value: where it was first seen, and the last ones before it was used."""
MOST_ASKABLE = 60
"""Things one span offers to ask about."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Askable:
    """Something a span used or said, of which one may ask where it came from."""

    name: str
    """`arguments.order_id`, or `answer` for a sentence of what was said."""
    text: str
    span_id: str
    path: str
    before: int
    """Position in `Run.spans` up to which its origin is looked for."""
    said: bool = False
    """True for running text, of which only the values can be looked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place a value stood at before."""

    ref: Ref
    teller: str
    """Who said it, in words: the tool's name, or the task."""
    asked_with: tuple["Provenance", ...] = ()
    """Where the values the tool had been asked with came from."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """One value and where it came from."""

    value: str
    """As it was written."""
    name: str
    """Of the argument that held it; empty in running text."""
    source: Source
    how: str | None
    """The computation in words, where it was derived."""
    places: tuple[Place, ...]
    """Earliest first; the terms of the computation where it was derived; none where it was seen nowhere."""
    more: int
    """Places that were left out."""


def askable(case: Case, span_id: str) -> list[Askable]:
    """What can be asked about at a span: the arguments it was called with or asks for, what it said, the outcome it shows."""
    found: list[Askable] = []
    for action in case.actions:
        asked_here = action.asked_by is not None and action.asked_by.span.span_id == span_id
        if action.arguments_at is not None and (asked_here or action.span_id == span_id):
            found += _arguments(action)
    for call in case.calls:
        if call.span.span_id == span_id:
            for path, said in call.texts:
                found += _sentences(said, span_id, path, call.order + 1)
    answer = case.answer
    if answer is not None and answer.span_id == span_id and not any(each.path == answer.path for each in found):
        found += _sentences(answer.text, span_id, answer.path, len(case.run.spans))
    for ref in case.outcome.refs:
        if ref.span_id == span_id and ref.field and ref.quote:
            found.append(Askable("outcome", ref.quote, span_id, ref.field, len(case.run.spans), said=True))
    return found[:MOST_ASKABLE]


def _arguments(action: Action) -> Iterator[Askable]:
    assert action.arguments_at is not None  # noqa: S101 - the caller looked
    span_id, path = action.arguments_at
    before = _asked_at(action)
    for leaf in leaves(action.arguments, path):
        name = leaf.path.removeprefix(path).removeprefix(".") or "the argument"
        yield Askable(f"{action.name}: {name}", text(leaf.value), span_id, leaf.path, before)


def _asked_at(action: Action) -> int:
    """What was known when the action was asked for; what its own call was first told included."""
    return action.asked_by.order + 1 if action.asked_by is not None else action.order


def _sentences(said: str, span_id: str, path: str, before: int) -> Iterator[Askable]:
    for sentence in _SENTENCE.split(said):
        if sentence.strip():
            yield Askable("answer", sentence.strip(), span_id, path, before, said=True)


class _Way(NamedTuple):
    """How far the search has come."""

    before: int
    behind: frozenset[int]
    """The actions on the way here, which must not explain themselves."""
    deeper: int

    def past(self, action: Action) -> "_Way":
        return _Way(_asked_at(action), self.behind | {id(action)}, self.deeper - 1)


def provenance(case: Case, asked: Askable) -> list[Provenance]:
    """Where each value in what was asked about came from, in the order they stand there.

    An argument without a number, date, address, URL or id in it is looked for as a whole. Empty where a sentence holds none: there is
    nothing to look for.
    """
    return list(_origins(case, Leaf(asked.path, "", asked.text), _Way(asked.before, frozenset(), DEEPEST), asked.said))


def _origins(case: Case, leaf: Leaf, way: _Way, said: bool = False) -> Iterator[Provenance]:
    seen: set[tuple[str, str]] = set()
    values = telling(leaf)
    for value in values:
        if (value.kind, value.canon) not in seen:
            seen.add((value.kind, value.canon))
            yield _origin(case, leaf.key, value, way)
    if not values and not said and isinstance(leaf.value, str) and len(leaf.value.strip()) >= 2:
        yield _phrase(case, leaf, way)


def _origin(case: Case, name: str, value: Value, way: _Way) -> Provenance:
    origin = case.lineage.origin(value, way.before)
    found = [
        (case.ref((seen.span_id, seen.path), seen.value.raw), seen.action)
        for seen in origin.sightings
        if seen.action is None or id(seen.action) not in way.behind
    ]
    kept = found if origin.source is Source.DERIVED else _ends(found)
    places = tuple(_place(case, ref, action, way) for ref, action in kept)
    return Provenance(value.raw, name, origin.source, origin.how, places, len(found) - len(kept))


def _ends(found: list[tuple[Ref, Action | None]]) -> list[tuple[Ref, Action | None]]:
    """The first place and the last ones; a task that is repeated word for word stands at one place."""
    told: set[str | None] = set()
    distinct = []
    for ref, action in found:
        if action is not None or ref.quote not in told:
            distinct.append((ref, action))
        if action is None:
            told.add(ref.quote)
    return distinct if len(distinct) <= MOST_PLACES else [distinct[0], *distinct[1 - MOST_PLACES :]]


def _phrase(case: Case, leaf: Leaf, way: _Way) -> Provenance:
    """A text that holds no value: whole in a result, or word for word in what the run was told."""
    wanted = leaf.value.strip().casefold()
    found: list[tuple[Ref, Action | None]] = [
        (case.ref((observation.span_id, held.path)), observation.action)
        for observation in case.lineage.observations
        if observation.order < way.before and id(observation.action) not in way.behind
        for held in observation.leaves
        if isinstance(held.value, str) and wanted == held.value.strip().casefold()
    ]
    kept = _ends(found)
    source = Source.OBSERVED if found else Source.GIVEN if case.lineage.told(leaf.value) else Source.MODEL
    places = tuple(_place(case, ref, action, way) for ref, action in kept)
    return Provenance(leaf.value.strip(), leaf.key, source, None, places, len(found) - len(kept))


def _place(case: Case, ref: Ref, action: Action | None, way: _Way) -> Place:
    if action is None:
        return Place(ref, "the task")
    asked_with: list[Provenance] = []
    if way.deeper > 1 and action.arguments_at is not None:
        for leaf in leaves(action.arguments, action.arguments_at[1]):
            asked_with += _origins(case, leaf, way.past(action))
    return Place(ref, f"`{action.name}`", tuple(asked_with))


def why_not(case: Case, node: DecisionNode, label: str) -> list[Sentence]:
    """Why an option of a decision was not taken, as far as anybody said or the run shows; empty where nothing does."""
    option = next((option for option in node.options if option.label == label), None)
    found: list[Sentence] = []
    if option is not None and option.why_not:
        found.append(Sentence(f"The agent rejected it: “{option.why_not}”", "recorded", (Ref(node.span_id),)))
    chosen = next((other for other in node.options if other.chosen), None)
    if option is not None and chosen is not None and option.score is not None and chosen.score is not None:
        words = f"It was given the score {option.score:g}, and `{chosen.label}`, which was chosen, {chosen.score:g}."
        found.append(Sentence(words, "recorded", (Ref(node.span_id),)))
    if node.rationale:
        names = " It names this option." if label.casefold() in node.rationale.casefold() else ""
        words = f"The reason given for `{node.choice}` was “{node.rationale}”.{names}"
        found.append(Sentence(words, node.source, (Ref(node.span_id),)))
    return [*found, *_at_other_times(case, node, label)]


def _at_other_times(case: Case, node: DecisionNode, label: str) -> Iterator[Sentence]:
    same = [other for other in case.decisions if other is not node]
    offered = [other for other in same if any(option.label == label for option in other.options)]
    taken = [other for other in offered if any(option.label == label and option.chosen for option in other.options)]
    if taken:
        steps = ", ".join(str(other.step) for other in taken[:5])
        more = f" and {len(taken) - 5} more" if len(taken) > 5 else ""
        words = f"It was taken at decision {steps}{more}."
        yield Sentence(words, "derived", tuple(Ref(other.span_id) for other in taken[:5]))
        before = case.run.order[node.span_id]
        failed = [action for action in case.actions if action.name == label and action.error and action.order < before]
        for action in failed[-1:]:
            yield Sentence(f"`{label}` had failed before.", "derived", tuple(case.action_refs(action)))
    elif offered:
        yield Sentence(f"It was never taken, of {len(offered) + 1} decisions that offered it.", "derived", ())
