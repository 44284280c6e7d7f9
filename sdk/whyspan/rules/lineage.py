"""Which values a run was given or has observed, as far as their spelling tells. Small enough for an agent's process.

The analysis knows more (arithmetic, near misses); what cannot be told here is `free` or `unknown`, never `model`.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

MAX_TEXT: Final = 200_000
"""Characters indexed of one text."""
MAX_TEXTS: Final = 2_000_000
"""Characters of all texts kept for phrases; the values in later ones are still indexed."""
MAX_LEAVES: Final = 5_000
"""Scalars indexed of one result."""
_TOKEN = re.compile(r"[^\s\"'`()\[\]{}<>,;|=]+")
_DIGIT = re.compile(r"\d")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
"""A number as people write it."""
_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.:/#+-]+|[^@\s]+@[^@\s]+\.\w+|\w+://\S+|\d{6,}", re.ASCII)
"""An id, an address or a long number: a value nobody writes by chance. Dates and quantities have too many spellings."""
_LOOSE = re.compile(
    r"\d{4}-\d\d(?:-\d\d(?:[T ].*)?)?|(?:19|20)\d{6}|\d+(?:st|nd|rd|th)|\d+(?:\.\d+)?-?[A-Za-z%]{1,7}|[a-z]+-\d(?:\.\d)?|v\d[\d.]*|[A-Za-z]{1,3}\d",
    re.ASCII | re.IGNORECASE,
)
"""Dates, ordinals, quantities, versions, model and format names: written in too many ways to be called made up."""


def scalars(value: Any) -> Iterator[Any]:
    """The scalars of a JSON-like value, at most `MAX_LEAVES`."""
    waiting, found = [value], 0
    while waiting and found < MAX_LEAVES:
        held = waiting.pop()
        if isinstance(held, dict):
            waiting += held.values()
        elif isinstance(held, list | tuple):
            waiting += held
        elif held is not None:
            found += 1
            yield held


def canonical(scalar: Any) -> str:
    """The spelling equal values share: numbers without trailing zeros and separators, texts in lower case."""
    if isinstance(scalar, float):
        return str(int(scalar)) if scalar.is_integer() and abs(scalar) < 1e15 else repr(scalar)
    text = str(scalar).strip().casefold()
    bare = text.replace(",", "")
    if bare[:1].isdigit() and "." in bare and bare.replace(".", "", 1).isdigit():
        return bare.rstrip("0").rstrip(".")
    return bare if bare.isdigit() else text


def is_value(token: str) -> bool:
    """True for an id, an address or a long number."""
    return _VALUE.fullmatch(token) is not None and _LOOSE.fullmatch(token) is None


def values_in(text: str) -> Iterator[str]:
    """The ids, addresses and long numbers in a text, in order."""
    for match in _TOKEN.finditer(text[:MAX_TEXT]):
        token = match[0].strip(".:!?*")
        if is_value(token):
            yield token


class Lineage:
    """The values of one run so far. Texts are read only when a rule first asks."""

    def __init__(self) -> None:
        self.told = False
        """False while nothing the run was told is known: then nothing can be called the model's own."""
        self._waiting: list[tuple[str, Any]] = []
        self._from: dict[str, set[str]] = {}
        self._texts: list[tuple[str, str]] = []
        self._kept = 0

    def give(self, value: Any) -> None:
        """The run was told this, by its user or its program."""
        self.told = True
        self._waiting.append(("", value))

    def observe(self, tool: str, value: Any) -> None:
        """A tool returned this."""
        self._waiting.append((tool, value))

    def label(self, value: Any) -> str:
        """`given`, `observed`, `model` (a value that stands nowhere), `free` (prose, words, numbers) or `unknown`.

        Of a list or map the least well founded of its parts.
        """
        labels = {self._label(scalar) for scalar in scalars(value)}
        return next((label for label in ("model", "unknown", "free", "observed", "given") if label in labels), "free")

    def seen(self, value: Any) -> bool:
        """True when this value was given or observed."""
        return all(bool(self._sources(scalar)) for scalar in scalars(value))

    def invented(self, value: Any) -> list[str]:
        """The ids, addresses and long numbers in it that stand nowhere; none while nothing is known of the task."""
        if not self.told:
            return []
        texts = (str(scalar) for scalar in scalars(value) if not isinstance(scalar, bool | float))
        return [token for text in texts for token in values_in(text) if not self._sources(token)]

    def taint(self, value: Any) -> list[str]:
        """The tools that are the only source of it: nobody gave it, they did."""
        found: set[str] = set()
        for scalar in scalars(value):
            parts = [scalar] if not isinstance(scalar, str) or self._sources(scalar) else list(values_in(scalar))
            for part in parts:
                sources = self._sources(part)
                if "" not in sources:
                    found |= sources
        return sorted(found)

    def _label(self, scalar: Any) -> str:
        if isinstance(scalar, bool) or (isinstance(scalar, int) and abs(scalar) < 10):
            return "free"
        sources = self._sources(scalar)
        if sources:
            return "given" if "" in sources else "observed"
        if isinstance(scalar, str) and is_value(scalar.strip()):
            return "model" if self.told else "unknown"
        return "free"

    def _sources(self, scalar: Any) -> set[str]:
        """Who said it: names of tools, and an empty name for the task."""
        self.read()
        spelling = canonical(scalar)
        if (known := self._from.get(spelling)) is not None:
            return known
        if not isinstance(scalar, str) or len(spelling) < 4:
            return set()
        found = {source for source, text in self._texts if spelling in text}
        if found and len(self._from) < 100_000:
            self._from[spelling] = found
        return found

    def read(self) -> None:
        """Takes in what was given and observed since; otherwise the first question does."""
        while self._waiting:
            source, value = self._waiting.pop(0)
            for scalar in scalars(value):
                self._from.setdefault(
                    canonical(scalar) if not isinstance(scalar, str) or len(scalar) < 500 else "", set()
                ).add(source)
                if isinstance(scalar, str):
                    self._index(source, scalar[:MAX_TEXT])

    def _index(self, source: str, text: str) -> None:
        folded = text.casefold()
        known = self._from
        tokens = [token for token in _TOKEN.findall(folded) if not token.isalpha()]  # prose is most of it
        for written in {*tokens, *_GROUPED.findall(folded)}:
            token = written.strip(".:!?*")
            if _DIGIT.search(token) is None:
                continue
            spelling = canonical(token) if token[0].isdigit() else token
            if spelling in known:
                known[spelling].add(source)
            else:
                known[spelling] = {source}
        if self._kept < MAX_TEXTS and len(folded) >= 4:
            self._kept += len(folded)
            self._texts.append((source, folded))
