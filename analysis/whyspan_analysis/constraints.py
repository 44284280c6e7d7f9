"""What a run must and must not do, read from its recorded constraints and from the words of its task.

Only forms that can be compared are read: bounds on amounts and dates, and things ruled out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whyspan import semconv
from whyspan_analysis.fields import text
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action, Steps
from whyspan_analysis.values import Value, of_text

_AT_MOST = re.compile(
    r"at most|no more than|not more than|up to|under|below|less than|max(?:imum)?\b|not exceed|cheaper than|budget"
    r"|before|no later than|not later than|\bby\b|until",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"at least|no less than|min(?:imum)?\b|more than|over|above|after|no earlier than|from\b", re.IGNORECASE
)
_RULED_OUT = re.compile(
    r"\b(?:non-|no |not |never |without |nothing (?:with |containing )?|allergic to |avoid |except |free of |exclud(?:e|ing) )"
    r"(?:any |the |a |an |use |include |contain )?(?P<thing>[a-z]{3,})|\b(?P<free>[a-z]{3,})[- ]free\b",
    re.IGNORECASE,
)
_NEEDED = re.compile(
    r"\b(?:with|including|includes?|needs?|requires?|must have) (?:an? |the )?(?P<thing>[a-z]{3,})", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.;!?\n]+(?:\.\d+[^.;!?\n]*)*")
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "that",
        "this",
        "than",
        "more",
        "most",
        "least",
        "only",
        "must",
        "never",
        "always",
        "without",
        "should",
        "have",
        "under",
        "over",
        "from",
        "before",
        "after",
        "until",
        "need",
        "will",
        "shall",
        "cannot",
        "please",
        "make",
        "sure",
        "your",
        "their",
        "them",
        "they",
        "then",
        "when",
        "what",
        "which",
        "into",
        "unless",
        "order",
        "book",
        "find",
        "use",
        "using",
        "used",
        "user",
        "every",
        "other",
        "who",
        "not",
        "nothing",
        "all",
        "any",
        "are",
        "can",
    ]
)
_NO_THING = frozenset(
    [
        "more",
        "less",
        "later",
        "earlier",
        "approval",
        "than",
        "longer",
        "only",
        "just",
        "need",
        "needed",
        "necessary",
        "yet",
        "sure",
        "exceed",
        "be",
        "to",
    ]
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing a run must or must not do."""

    text: str
    """The clause that says so."""
    span_id: str
    path: str
    at_most: Value | None = None
    at_least: Value | None = None
    ruled_out: frozenset[str] = frozenset()
    """What must not be there, as lower-case singular nouns: `stop` of "non-stop", `hazelnut`."""
    needed: frozenset[str] = frozenset()
    """What must be there, likewise: `breakfast` of "with breakfast"."""
    words: frozenset[str] = frozenset()
    """All its words of weight, likewise."""


def read_constraints(run: Run, steps: Steps) -> list[Constraint]:
    """The constraints a run was given, each clause once, in order."""
    found: dict[str, Constraint] = {}
    for span_id, path, told in _sources(run, steps):
        for clause in _SENTENCE.findall(told):
            constraint = _constraint(clause.strip(), span_id, path)
            if constraint.words:
                found.setdefault(constraint.text, constraint)
    return list(found.values())


def _sources(run: Run, steps: Steps) -> Iterator[tuple[str, str, str]]:
    for span in run.spans:
        stated: Any = span.attributes.get(semconv.RUN_CONSTRAINTS)
        for item in stated if isinstance(stated, list | tuple) else [stated] if stated else []:
            yield span.span_id, f"attributes.{semconv.RUN_CONSTRAINTS}", text(item)
    for call in steps.calls[:1]:
        for m, message in enumerate(call.content.input_messages):
            for p, part in enumerate(message.parts):
                if message.role == "user" and part.type == "text":
                    yield call.span.span_id, f"input_messages[{m}].parts[{p}].content", part.content


def _constraint(clause: str, span_id: str, path: str) -> Constraint:
    found = {word(match["thing"] or match["free"]) for match in _RULED_OUT.finditer(clause)} - _NO_THING - _COMMON
    return Constraint(
        clause,
        span_id,
        path,
        at_most=_bound(clause, _AT_MOST),
        at_least=_bound(clause, _AT_LEAST),
        ruled_out=frozenset(found),
        needed=frozenset({word(match["thing"]) for match in _NEEDED.finditer(clause)} - found - _NO_THING - _COMMON),
        words=frozenset(words(clause)),
    )


def _bound(clause: str, sign: re.Pattern[str]) -> Value | None:
    match = sign.search(clause)
    values = (
        (value for value in of_text(clause[match.end() :]) if value.kind in ("number", "date")) if match else iter(())
    )
    return next(values, None)


def word(raw: str) -> str:
    """A word in lower case and singular, as far as a final `s` tells."""
    return raw.casefold().removesuffix("s")


def words(clause: str) -> list[str]:
    """The words of three or more letters that carry meaning; `max_stops` holds `max` and `stop`."""
    return [word(each) for each in _WORD.findall(clause.casefold().replace("_", " ")) if each not in _COMMON]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A call repeated without something that narrowed it the first time."""

    earlier: Action
    later: Action
    key: str
    value: Any


def dropped_arguments(actions: list[Action]) -> list[Dropped]:
    """Calls of a tool that leave out an argument its last call by the same agent had, everything else being equal."""
    last: dict[tuple[str | None, str], Action] = {}
    found = []
    for action in actions:
        earlier = last.get((action.agent, action.name))
        if isinstance(action.arguments, dict):
            last[action.agent, action.name] = action
        if earlier is None or not isinstance(action.arguments, dict) or not isinstance(earlier.arguments, dict):
            continue
        now = {key: value for key, value in action.arguments.items() if value is not None}
        then = {key: value for key, value in earlier.arguments.items() if value is not None}
        gone = [key for key in then if key not in now]
        if gone and now and all(then.get(key) == value for key, value in now.items()):
            found += [Dropped(earlier, action, key, then[key]) for key in gone]
    return found
