"""Who was asked about an action: inside its span, which is recorded, or before it in words that name it, which is derived."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from whyspan import semconv
from whyspan.rules.lineage import canonical as spelling
from whyspan.rules.lineage import is_value, scalars
from whyspan.semconv import Kind, Verdict
from whyspan_analysis.audit.model import Approval
from whyspan_analysis.fields import cut
from whyspan_analysis.model import Run
from whyspan_analysis.outside import canonical
from whyspan_analysis.steps import Action
from whyspan_collector.records import Span

_YES: Final = re.compile(
    r"\W*(?:y|yes|ok|okay|sure|true|(?:approv|agre|accept|allow|confirm)(?:e|ed)?)\b", re.IGNORECASE
)
_NO: Final = re.compile(r"\W*(?:n|no|nope|not|don't|never|deny|denied|stop|false|(?:reject|refus|declin|cancel)(?:e|ed|led)?)\b", re.IGNORECASE)  # fmt: skip
_CONDITION: Final = re.compile(r"\b(?:but|only|if|unless|except|after|first|not|no)\b", re.IGNORECASE)
_WORDS: Final = re.compile(r"[^\W_]+")
_TOKEN: Final = re.compile(r"[^\s\"'`()\[\]{}<>;|=?!$€£]+")
_PROSE: Final = 5
"""Words from which on an argument is prose, which nobody repeats in a question."""


def approvals(run: Run, actions: Iterable[Action]) -> dict[int, list[Approval]]:
    """Who was asked about each action, and answered, by `id` of the action.

    What was asked before an action, and not within another, is about it where it names it, until an action it names has succeeded.

    Args:
        run: with all its spans.
        actions: those that changed something outside, in order.
    """
    inside = {id(action): list(_below(run, action.span_id)) for action in actions}
    within = {span.span_id for spans in inside.values() for span in spans}
    open_ = [span for span in run.spans if span.span_id not in within and span.end_ns > 0 and _asked(span)]
    found = {}
    for action in actions:
        about = [span for span in open_ if span.end_ns <= run.span(action.span_id).start_ns and _names(span, action)]
        if action.ok:
            open_ = [span for span in open_ if span not in about]
        found[id(action)] = [
            *(_approval(run, span, derived=False) for span in inside[id(action)] if _asked(span)),
            *(_approval(run, span, derived=True) for span in about),
        ]
    return found


def asks(span: Span) -> bool:
    """True for a question to a person."""
    return semconv.HUMAN_QUESTION in span.attributes


def overrides(span: Span) -> bool:
    """True for a guard that let a call happen against its rule because a person agreed."""
    said = text_of(span, semconv.GUARD_ACTION), text_of(span, semconv.GUARD_VERDICT)
    return span.kind is Kind.GUARD and said == ("ask", Verdict.PASS)


def who_agreed(run: Run, span: Span) -> tuple[str | None, bool]:
    """Who answered a guard, and whether that is derived: the guard's own word, else whom the call asked last before its verdict."""
    named = text_of(span, semconv.HUMAN_NAME)
    if named is not None or span.parent_span_id is None:
        return named, False
    asked = [each for each in run.children.get(span.parent_span_id, ()) if asks(each) and each.end_ns <= span.start_ns]
    who = text_of(asked[-1], semconv.HUMAN_NAME) if asked else None
    return who, who is not None


def asked_words(span: Span) -> str:
    """A question and its answer."""
    answer = text_of(span, semconv.TOOL_RESULT)
    return f"{text_of(span, semconv.HUMAN_QUESTION)} {'was not answered' if answer is None else f'Answer: {answer}'}"


def reason(span: Span) -> str:
    """Why a guard gave its verdict, in its words."""
    return text_of(span, semconv.GUARD_REASON) or "no reason was recorded"


def text_of(span: Span, key: str) -> str | None:
    """An attribute as text, cut; the chain's entry is shorter than that."""
    value = span.attributes.get(key)
    return None if value is None else cut(str(value))


def _below(run: Run, span_id: str) -> Iterator[Span]:
    waiting = list(run.children.get(span_id, ()))
    while waiting:
        span = waiting.pop(0)
        yield span
        waiting += run.children.get(span.span_id, ())


def _asked(span: Span) -> bool:
    """True for what may be about an action: not for a result that somebody let the agent have, which happened anyway."""
    return asks(span) or (overrides(span) and _checked(span).get("event") != "result")


def _checked(span: Span) -> dict[str, Any]:
    checked = _read(span.attributes.get(semconv.GUARD_CHECKED))
    return checked if isinstance(checked, dict) else {}


def _approval(run: Run, span: Span, *, derived: bool) -> Approval:
    if asks(span):
        agreed = _agreed(_read(span.attributes.get(semconv.TOOL_RESULT)))
        who = text_of(span, semconv.HUMAN_NAME)
        return Approval(span_id=span.span_id, who=who, text=asked_words(span), agreed=agreed, derived=derived)
    who, _ = who_agreed(run, span)
    return Approval(span_id=span.span_id, who=who, text=reason(span), agreed=True, derived=derived)


def _agreed(answer: Any) -> bool | None:
    """Whether an answer says yes: a truth value, or a text that begins so and has no condition; None for all others."""
    if isinstance(answer, bool) or not isinstance(answer, str):
        return answer if isinstance(answer, bool) else None
    if _NO.match(answer):
        return False
    return True if _YES.match(answer) and not _CONDITION.search(answer) else None


def _names(span: Span, action: Action) -> bool:
    """True where a guard looked at this very call; where a question holds all its arguments but truth values and prose.

    Where none of these is an id or a number, the question has to hold the tool's name as well.
    """
    if overrides(span):
        checked = _checked(span)
        same = (checked.get("event"), checked.get("name")) == ("call", action.name)
        return same and canonical(checked.get("args")) == canonical(action.arguments)
    asked = str(span.attributes[semconv.HUMAN_QUESTION])
    tokens = {spelling(token.strip(".:,*")) for token in _TOKEN.findall(asked)}
    values = [value for value in scalars(_read(action.arguments)) if _is_named(value)]
    telling = any(not isinstance(value, str) or is_value(value.strip()) for value in values)
    named = all(spelling(value) in tokens or _in_words(str(value), asked) for value in values)
    return named and (telling or _in_words(action.name, asked))


def _is_named(value: Any) -> bool:
    """False for what a question about a call need not repeat: truth values and prose."""
    return not isinstance(value, bool) and not (isinstance(value, str) and len(_WORDS.findall(value)) >= _PROSE)


def _in_words(some: str, text: str) -> bool:
    """True where the words of one text stand in another in a row, whatever separates them."""
    within, wanted = " ".join(_WORDS.findall(text.casefold())), " ".join(_WORDS.findall(some.casefold()))
    return f" {wanted} " in f" {within} "


def _read(written: Any) -> Any:
    """JSON read back, and what is none as it is."""
    try:
        return json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        return written
