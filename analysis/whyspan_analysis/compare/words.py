"""What differs, in sentences: derived, each from two places in two runs that are quoted beside it."""

from typing import Final

from whyspan_analysis.compare.differences import Difference, FieldDifference
from whyspan_analysis.decisions import ANSWER
from whyspan_analysis.fields import cut
from whyspan_analysis.moments import Moment

_LONG: Final = 80
"""Characters of a quotation inside a sentence; the whole quote stands beside it."""


def sentence(difference: Difference) -> str:
    """One difference in one sentence."""
    told = _told(difference)
    return f"The{told[3:]}" if told.startswith("the agent ") else told


def _told(difference: Difference) -> str:
    here, there = difference.here, difference.there
    if here is None or there is None:
        return _one_sided(difference)
    field = next((each for each in difference.fields if each.field != "choice"), None)
    if here.kind == "decision" and here.name == there.name and field is None and difference.fields:
        told = difference.fields[0]
        return f"Asked “{_cut(here.name)}”, {_agent(here)} chose {_quote(told, 0)} here and {_quote(told, 1)} there."
    if here.name != there.name:
        return f"{_did(here)} here; {_did(there)} there."
    if failed := next((each for each in difference.fields if each.field == "error"), None):
        side, other = ("here", "there") if failed.here is not None else ("there", "here")
        return (
            f"{_what(here)} failed {side}: {_quote(failed, 0 if failed.here is not None else 1)}; {other} it did not."
        )
    if here.answers:
        return (
            f"{_agent(here)} answered in other words." if difference.wording else f"{_agent(here)} answered otherwise."
        )
    return f"{_what(here)}: {_field(field)}." if field is not None else f"{_what(here)} differs."


def _one_sided(difference: Difference) -> str:
    if difference.here is not None:
        return f"Only here: {_did(difference.here)}."
    assert difference.there is not None  # noqa: S101 - a difference has at least one side
    instead = f" Here it went on: {_did(difference.instead)}." if difference.instead is not None else ""
    return f"Only there: {_did(difference.there)}.{instead}"


def _did(moment: Moment) -> str:
    if moment.kind == "decision":
        return f"{_agent(moment)} decided “{_cut(moment.name)}”"
    if moment.kind == "tool":
        return f"`{moment.name}` {'failed' if moment.failed else 'was executed'}"
    if moment.name == ANSWER:
        return f"{_agent(moment)} answered"
    if moment.name == "nothing":
        return f"{_agent(moment)} called the model, and no answer was captured"
    return f"{_agent(moment)} asked for `{moment.name}`"


def _what(moment: Moment) -> str:
    return f"`{moment.name}`" if moment.kind == "tool" else _did(moment)


def _field(field: FieldDifference) -> str:
    return f"{field.field} was {_quote(field, 0)} here, {_quote(field, 1)} there"


def _quote(field: FieldDifference, side: int) -> str:
    ref = (field.here, field.there)[side]
    return f"“{_cut(ref.quote or '')}”" if ref is not None else "nothing"


def _agent(moment: Moment) -> str:
    return moment.agent or "the agent"


def _cut(words: str) -> str:
    return cut(" ".join(words.split()), _LONG)
