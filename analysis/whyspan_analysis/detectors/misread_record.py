"""What a turn says of a record it names is not what was read: another state or figure, or that it lacks a field it has."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import join
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.readings import Reading
from whyspan_analysis.steps import Call
from whyspan_analysis.subjects import ids_in, subjects
from whyspan_analysis.values import leaves, significand

AFTER = 0.6
"""Strength of a wrong figure, and of what is said of a record right after a change: both often are what came of an error made before."""
ROUNDING = 0.5
"""How far a figure may be from the one that was read."""

_SENTENCE = re.compile(r"(?:[^.;!?\n]|\.(?=\w))+")
_QUOTED = re.compile(r"(?<!\w)['\"`\u201c\u2018]([A-Za-z]{4,20})['\"`\u201d\u2019]")
_OPEN = re.compile(
    r"\b(?:not|cannot|never|if|once|when|until|unless|before|after|whether|would|could|should|will|can|may|to|only)\b|n't\b",
    re.IGNORECASE,
)
"""Words before a state in a sentence that does not say how things are."""
_SAID_STATE = (
    r"\b{state}(?: \w+)?[\s(:#*]*(?:[\w-]*\d[\w-]*(?:,| and|, and) #?)*{id}\b"
    r"|\b{id}\W{{0,4}}(?:(?:is|was|has been|status|state)\W{{1,3}})?(?:now |already |currently )?{state}\b"
)
"""A state right before a record's id, with a noun or other ids between; or right after it."""
_LACKS = re.compile(
    r"(?:\b(?:do|does|did)(?: not|n't) (?:yet |currently )?(?:have|include|contain|show|list)"
    r"|\b(?:has|have|had) no) (?:an? |any |the )?(?P<field>[a-z]+(?:[ _-][a-z]+)?)",
    re.IGNORECASE,
)
_PLAIN = frozenset({"number", "id", "code", "date", "information", "details", "name", "field", "value"})
"""Words that say of a field only what sort of thing it holds."""
_AFTER = frozenset({"because", "as", "since", "yet", "and", "or", "for", "in", "on", "at", "associated", "available"})
"""Words that follow a field's name."""
_WORDS = re.compile(r"[ _-]")
_FIGURE = re.compile(
    r"\b(?P<field>[a-z]{4,20}) (?:of|is|was|comes to|stands at|=|:)\s?[$€£]?(?P<figure>-?\d[\d,]*(?:\.\d+)?)"
    r"(?=\s*(?:$|[^\w\s%-]|(?:EUR|USD|GBP|CHF|now|and|but|as of)\b))",
    re.IGNORECASE,
)
"""A figure said of a field; `a total of 3 items` is none."""


class _Misread(NamedTuple):
    """What a sentence says of a record, and what was read."""

    claim: str
    path: str
    held: str
    figure: tuple[str, str] | None = None
    """(field, figure) where it is one."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on a sentence that puts a record next to a state it was not read in, gives one of its figures otherwise, or denies it a field.

    States are those of the records that turns name, and single words the instructions put in quotes. A wrong figure is
    blamed on the turn that wrote it first after the record was read.
    """
    changed = _changed(case)
    named = [
        (call, path, sentence, reading)
        for call in case.calls
        for path, words in call.texts
        for sentence in _SENTENCE.findall(words)
        for value in {value.canon: value for value in ids_in(sentence)}.values()
        if (reading := case.readings.last(value, call.order)) is not None
        and not any(reading.order < order < call.order for order in changed.get(value.canon, ()))
    ]
    states = {reading.state[1].casefold() for *_, reading in named if reading.state is not None}
    states.update(_quoted(case) if named else ())
    for call, path, sentence, reading in named:
        misread = (
            _other_state(reading, sentence, states) or _other_figure(reading, sentence) or _denied(reading, sentence)
        )
        if misread is None:
            continue
        first = call if misread.figure is None else _first(case, misread.figure, reading.order, call)
        yield detector.finding(
            case.decided_at(first),
            f"The agent said “{misread.claim}”, but `{reading.action.name}` had returned {misread.held} for {reading.id.raw}.",
            [case.ref((call.span.span_id, path), misread.claim), case.ref((reading.at[0], misread.path))],
            AFTER if misread.figure is not None or reading.action.changes else 1.0,
            origin_span_id=reading.action.span_id,
        )


def _first(case: Case, figure: tuple[str, str], since: int, last: Call) -> Call:
    """The first turn after the record was read that gives the field this figure."""
    for call in case.calls:
        sentences = (sentence for _, words in call.texts for sentence in _SENTENCE.findall(words))
        if since < call.order <= last.order and any(all(word in sentence for word in figure) for sentence in sentences):
            return call
    return last


def _changed(case: Case) -> dict[str, list[int]]:
    """Id -> when something was changed under it: what was read of it before may be over."""
    found: dict[str, list[int]] = defaultdict(list)
    for action in case.actions:
        for _, value in subjects(action.arguments) if action.changes else ():
            found[value.canon].append(action.order)
    return found


def _quoted(case: Case) -> Iterator[str]:
    for message in case.calls[0].content.input_messages:
        for part in message.parts if message.role == "system" else ():
            yield from (word.casefold() for word in _QUOTED.findall(part.content))


def _other_state(reading: Reading, sentence: str, states: set[str]) -> _Misread | None:
    if reading.state is None:
        return None
    path, state = reading.state
    if any(word in states and word in sentence.casefold() for word in (state.casefold(), *state.casefold().split())):
        return None
    for other in states:
        said = re.search(
            _SAID_STATE.format(state=re.escape(other), id=re.escape(reading.id.raw)), sentence, re.IGNORECASE
        )
        if said is not None and not _OPEN.search(sentence[: said.end()]):
            return _Misread(said[0], path, f"the state “{state}”")
    return None


def _other_figure(reading: Reading, sentence: str) -> _Misread | None:
    """Rounding and another unit are no other figure."""
    for match in _FIGURE.finditer(sentence, sentence.casefold().find(reading.id.canon)):
        field = match["field"].casefold()
        held, said = reading.fields.get(field), float(match["figure"].replace(",", ""))
        if isinstance(held, bool) or not isinstance(held, int | float) or _OPEN.search(sentence[: match.end()]):
            continue
        if abs(held - said) > ROUNDING and significand(str(said)) != significand(str(held)):
            return _Misread(match[0], join(reading.at[1], field), f"the {field} {held}", (field, match["figure"]))
    return None


def _denied(reading: Reading, sentence: str) -> _Misread | None:
    for match in _LACKS.finditer(sentence, sentence.casefold().find(reading.id.canon)):
        wanted = [word for word in _WORDS.split(match["field"].casefold()) if word not in _AFTER]
        for leaf in leaves(reading.fields, reading.at[1]) if wanted else ():
            held = set(_WORDS.split(leaf.key.casefold()))
            if wanted[0] in held and held | _PLAIN >= set(wanted) and leaf.value not in ("", 0, False):
                return _Misread(match[0], leaf.path, f"the {leaf.key} {leaf.value}")
    return None


DETECTOR = Detector("misread_record", "A record is not as the agent said", Role.CAUSE, 8.0, find)
