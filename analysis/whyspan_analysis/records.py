"""Objects that stand beside each other in a result, and what sets one of them apart from the others in words of the language."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from whyspan_analysis.lineage import Lineage, Observation
from whyspan_analysis.subjects import identifies
from whyspan_analysis.values import Leaf, is_dense, of_scalar, of_text

MIN_LETTERS: Final = 4
"""A shorter text stands in other words by chance."""

_LANGUAGES: Final = {
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "he": "hebrew", "hi": "hindi", "hu": "hungarian", "it": "italian", "ja": "japanese", "ko": "korean", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish", "uk": "ukrainian", "zh": "chinese",
}  # fmt: skip
"""ISO 639-1 codes and what people say."""
_LANGUAGE: Final = re.compile(r"lang|locale|edition", re.IGNORECASE)
_PASSES: Final = re.compile(r"status|state|stage|phase|progress", re.IGNORECASE)
"""Fields that change while the run is at work: what was read of them may be over."""
_NUMBERED: Final = re.compile(
    r"(#|№|\b(?:no|number|id|[^\W\d_]{4,}))[ ]?[#:]?[ ]?(\d{1,2})(?!\w|[.,]\d)", re.IGNORECASE
)
_NUMBER_OF: Final = frozenset({"", "#", "№", "no", "number", "id"})
_SENTENCE: Final = re.compile(r"[^.;!?\n]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a result."""

    span_id: str
    fields: dict[str, Leaf]


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A record that a sentence describes by what is true of another one."""

    name: Leaf
    """The field it is named by."""
    own: Leaf
    other: Leaf
    """What it says in a field, and what the other says there."""
    span_id: str
    """The result both stand in."""


def records_of(observation: Observation) -> list[Record]:
    """The objects of a result that stand in a list, with their own scalars."""
    found: dict[str, dict[str, Leaf]] = defaultdict(dict)
    for leaf in observation.leaves:
        holder = leaf.path[: leaf.path.rfind("]") + 1]
        if leaf.key and holder:
            found[holder].setdefault(leaf.key, leaf)
    return [Record(observation.span_id, fields) for fields in found.values()]


def mistaken(lineage: Lineage, answer: str, asked_for: Iterable[str]) -> Mistaken | None:
    """A record that an answer calls what it is not and another one beside it is, though that was asked for. None when there is none.

    "Copy 501, the English edition", where 501 is German and 502 is English. A sentence that names two of the records, or that
    names what the record says there, tells them apart; what a call was made with may have become true by that call.
    """
    passed = [said.casefold() for said in asked_for]
    sentences = [(sentence, said) for sentence in _SENTENCE.findall(answer) if (said := _names(sentence))]
    for observation in lineage.observations if sentences else ():
        records = records_of(observation)
        for sentence, said in sentences if len(records) > 1 else ():
            named = [(record, leaf) for record in records if (leaf := _named(record, said)) is not None]
            if len(named) == 1:
                for own, other in _confused(*named[0], records, sentence):
                    word = _word(other)
                    if lineage.told(word) and not any(speaks_of(said, word) for said in passed):
                        return Mistaken(named[0][1], own, other, observation.span_id)
    return None


def _names(sentence: str) -> dict[str, str]:
    """The ids and numbers a sentence names; one of two digits only behind a word that says of what: `order 7`, `#7`."""
    named = {number: word.casefold() for word, number in _NUMBERED.findall(sentence)}
    for value in of_text(sentence):
        if value.kind == "id" or (value.kind == "number" and len(value.canon) > 2):
            named[value.canon] = ""
    return named


def _named(record: Record, said: dict[str, str]) -> Leaf | None:
    """The identifying field by whose value a record is named."""
    for key, leaf in record.fields.items():
        if identifies(key):
            words = [said[value.canon] for value in of_scalar(leaf.value) if value.canon in said]
            if any(word in _NUMBER_OF or word[:3] in leaf.path.casefold() for word in words):
                return leaf
    return None


def _confused(record: Record, name: Leaf, records: list[Record], sentence: str) -> Iterator[tuple[Leaf, Leaf]]:
    said_of_it = [str(leaf.value) for leaf in record.fields.values()]
    for key, own in record.fields.items():
        if own is name or _PASSES.search(key) or not isinstance(own.value, str) or speaks_of(sentence, _word(own)):
            continue
        for other in (each.fields[key] for each in records if key in each.fields):
            word = _word(other)
            if (
                isinstance(other.value, str)
                and speaks_of(sentence, word)
                and not any(speaks_of(said, word) for said in said_of_it)
            ):
                yield own, other


def _word(leaf: Leaf) -> str:
    """How people say a value: `English` for the language `en`."""
    said = str(leaf.value).strip().casefold()
    code = said.partition("-")[0]  # of `en-GB`
    return _LANGUAGES.get(code, said) if _LANGUAGE.search(leaf.key) else said


def speaks_of(said: str, word: str) -> bool:
    """True when a text holds a word of four letters or more as a whole, whatever its case, or a word of a dense script."""
    if is_dense(word):
        return word in said
    return len(word) >= MIN_LETTERS and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said, re.IGNORECASE) is not None
