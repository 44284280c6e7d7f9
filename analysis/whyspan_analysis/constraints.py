"""What a run must and must not do, read from its recorded constraints and from the words of its task.

Only forms that can be compared are read: bounds on amounts and dates, things required and things forbidden.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from whyspan import semconv
from whyspan_analysis.fields import text
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Steps
from whyspan_analysis.values import Value, of_text

Form: TypeAlias = Literal["at most", "at least", "forbidden", "required"]

_AT_MOST = re.compile(
    r"at most|no more than|not more than|up to|under|below|less than|max(?:imum)?\b|not exceed|cheaper than|budget"
    r"|before|no later than|not later than|\bby\b|until",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"at least|no less than|min(?:imum)?\b|more than|over|above|after|no earlier than|not before|from\b", re.IGNORECASE
)
_FORBIDDEN = re.compile(
    r"\b(?:never|do not|don't|must not|mustn't|may not|cannot|can't|without|no|not|avoid|except)\b", re.IGNORECASE
)
_REQUIRED = re.compile(
    r"\b(?:must|only|always|has to|have to|needs? to|required?|be sure|make sure|ensure)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.;!?\n]+(?:\.\d+[^.;!?\n]*)*")
_WORD = re.compile(r"[a-z]{4,}")
_COMMON = frozenset(
    [
        "must",
        "only",
        "never",
        "always",
        "without",
        "should",
        "have",
        "with",
        "that",
        "this",
        "than",
        "more",
        "most",
        "least",
        "under",
        "over",
        "from",
        "before",
        "after",
        "until",
        "need",
        "needs",
        "will",
        "shall",
        "cannot",
        "please",
        "make",
        "sure",
        "ensure",
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
        "price",
        "cost",
        "total",
        "amount",
        "order",
        "book",
        "find",
        "use",
        "using",
        "used",
        "customer",
        "user",
        "each",
        "every",
        "other",
    ]
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing a run must or must not do."""

    form: Form
    text: str
    """The clause that says so."""
    span_id: str
    path: str
    bound: Value | None
    """The number or date of an `at most` or `at least`."""
    words: frozenset[str]
    """The words of weight in it, lower case."""


def read_constraints(run: Run, steps: Steps) -> list[Constraint]:
    """The constraints a run was given, each clause once, in order."""
    found: dict[str, Constraint] = {}
    for span_id, path, told in _sources(run, steps):
        for clause in _SENTENCE.findall(told):
            if (constraint := _constraint(clause.strip(), span_id, path)) is not None:
                found.setdefault(constraint.text, constraint)
    return list(found.values())


def _sources(run: Run, steps: Steps) -> Iterator[tuple[str, str, str]]:
    for span in run.spans:
        stated: Any = span.attributes.get(semconv.RUN_CONSTRAINTS)
        for item in stated if isinstance(stated, list | tuple) else [stated] if stated else []:
            yield span.span_id, f"attributes.{semconv.RUN_CONSTRAINTS}", text(item)
        if semconv.RUN_TASK in span.attributes:
            yield span.span_id, f"attributes.{semconv.RUN_TASK}", text(span.attributes[semconv.RUN_TASK])
    for call in steps.calls[:1]:
        for m, message in enumerate(call.content.input_messages):
            for p, part in enumerate(message.parts):
                if message.role == "user" and part.type == "text":
                    yield call.span.span_id, f"input_messages[{m}].parts[{p}].content", part.content


def _constraint(clause: str, span_id: str, path: str) -> Constraint | None:
    words = frozenset(content_words(clause))
    bounds = [value for value in of_text(clause) if value.kind in ("number", "date")]
    for form, sign in (("at most", _AT_MOST), ("at least", _AT_LEAST)):
        if (match := sign.search(clause)) is not None:
            after = next((value for value in bounds if clause.find(value.raw, match.end()) >= 0), None)
            if after is not None:
                return Constraint("at most" if form == "at most" else "at least", clause, span_id, path, after, words)
    if _FORBIDDEN.search(clause) and words:
        return Constraint("forbidden", clause, span_id, path, None, words)
    if _REQUIRED.search(clause) and words:
        return Constraint("required", clause, span_id, path, None, words)
    return None


def content_words(clause: str) -> list[str]:
    """The words of four or more letters that carry meaning, lower case, without a plural `s`."""
    return [word.removesuffix("s") for word in _WORD.findall(clause.casefold()) if word not in _COMMON]
