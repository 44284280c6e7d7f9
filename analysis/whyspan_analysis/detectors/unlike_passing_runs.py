"""The step at which the run parts from all passing runs of the same task."""

from collections.abc import Iterator
from typing import Final

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.contrast import FactKind, Parting, partings, refer_to
from whyspan_analysis.fields import cut, text
from whyspan_analysis.model import Finding, Role, Status

LEFT_OUT: Final = 0.45
"""Strength where all passing runs did something that this one left out: what it did instead is the cause in six of ten."""
NEW: Final[dict[FactKind, float]] = {
    "choice": 1.0,
    "error": 1.0,
    "result": 0.9,
    "argument": 0.75,
    "statement": 0.6,
    "call": 0.6,
    "repeat": 0.45,
}
"""Strength by what is new in the run: shares of 8 bits, as measured on injected faults and agents that are not held out.

There an error or choice no passing run has is the cause in 59 of 61, an argument in 74 of 90, a statement in 24 of 44.
"""
_SHOWN: Final = 80
"""Characters of a value inside a sentence; the whole quote stands beside it."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the first step with something no passing run of the task has, and on what was done instead of something all have done.

    Nothing unless the case is held beside passing runs; see `contrast`.
    """
    for parting in partings(case) if case.outcome.status is Status.FAILED else ():
        place = parting.moment
        message = _left_out(case, parting) if parting.left_out else _new(case, parting)
        refs = [case.ref((place.span_id, "name"))] if parting.left_out else [refer_to(case.run, parting.fact)]
        yield detector.finding(
            _blamed(case, parting),
            message,
            refs,
            LEFT_OUT if parting.left_out else NEW[parting.fact.kind],
            beside=parting.beside,
        )


def _blamed(case: Case, parting: Parting) -> str:
    moment, fact = parting.moment, parting.fact
    if not parting.left_out and fact.kind in ("result", "error"):
        return moment.span_id
    node = case.by_span.get(moment.span_id)
    return node.span_id if node is not None else moment.span_id


def _new(case: Case, parting: Parting) -> str:
    fact, all_of_them = parting.fact, f"the {len(case.siblings)} passing runs of this task"
    who = parting.moment.agent or "The agent"
    tool = f"`{fact.action.name}`" if fact.action is not None else f"`{parting.moment.name}`"
    mine, theirs = _quoted(fact.shown), _quoted(parting.theirs)
    place = fact.at[1].rpartition(".")[2]
    asked, model = f"Asked “{cut(parting.moment.name, _SHOWN)}”", parting.moment.kind == "model call"
    said: dict[FactKind, tuple[str, str]] = {
        "choice": (f"{asked}, {who} chose {mine}", f"chose {theirs or 'otherwise'}"),
        "argument": (f"{who} called {tool} with {place} {mine}", f"have {theirs} there" if theirs else "never do"),
        "result": (f"{tool} returned {place} {mine}", f"got {theirs}" if theirs else "never got it"),
        "error": (f"{'The model call' if model else tool} failed with {mine}", "went on without that error"),
        "statement": (f"{who} said {mine}", f"say {theirs} there" if theirs else "do not say that"),
        "call": (f"{who} called {tool}", "never do"),
        "repeat": (f"{who} called {tool} {fact.shown} times with the same arguments", "never do"),
    }
    here, there = said[fact.kind]
    return f"{here}; {all_of_them} {there}."


def _left_out(case: Case, parting: Parting) -> str:
    fact = parting.fact
    tool = f"`{fact.action.name}`" if fact.action is not None else "a tool"
    given = cut(text(fact.action.arguments), _SHOWN) if fact.action is not None and fact.action.arguments else ""
    return f"The {len(case.siblings)} passing runs of this task called {tool}{f' with {given}' if given else ''} here; this run went on without it."


def _quoted(words: str) -> str:
    return f"“{cut(' '.join(words.split()), _SHOWN)}”" if words else ""


DETECTOR = Detector("unlike_passing_runs", "It parted from the passing runs of its task here", Role.CAUSE, 8.0, find)
