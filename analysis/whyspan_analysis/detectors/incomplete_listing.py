"""A listing said that there was more of it, nobody asked for the rest, and the work went on as if that were all."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from whyspan.rules.results import names_more, parsed
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import join
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action, canonical

NOT_READ_ON = 0.3
"""Strength where nothing says that all of it was wanted: the first page often is enough."""

_PAGING = re.compile(r"page|cursor|offset|token|start|skip|after|next|limit|size", re.IGNORECASE)
"""Arguments that say which part of a listing is asked for."""
_TOTAL = re.compile(
    r"total(?:_?(?:rows|count|items|results|hits))?|(?:row|item|result)s?_?(?:total|count)", re.IGNORECASE
)
_WHOLE = ("every page", "all pages", "everything", "how many", "in all", "altogether", "complete list")
"""Words of a task that want all of a listing."""


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on the turn after the last part of a listing that names a next one, and on a tool that counts rows and gives none.

    Full strength where other listings of the same tool were read to their end, or the task wants all of them.
    """
    listings: dict[tuple[str | None, str, str], list[Action]] = defaultdict(list)
    for action in case.actions:
        if action.ok and action.result_at is not None and isinstance(parsed(action.result), dict):
            listings[action.agent, action.name, _about(action.arguments)].append(action)
    read_on = {(agent, name) for (agent, name, _), parts in listings.items() if any(map(_more, parts[:-1]))}
    wanted = any(case.lineage.told(words) for words in _WHOLE)
    for (agent, name, _), parts in listings.items():
        last = parts[-1]
        if (counted := _counted_only(last)) is not None:
            message = f"`{name}` counts {counted[1]} in {counted[0]} and gave none of them."
            yield detector.finding(last.span_id, message, [_at(case, last, counted[0]), *case.action_refs(last)])
        elif (key := _more(last)) is not None and (seen := case.seen_by(last)) is not None:
            yield detector.finding(
                case.decided_at(seen),
                f"`{name}` said in {key} that there was more, which nobody asked for before going on.",
                [_at(case, last, key), *case.action_refs(last)],
                1.0 if wanted or (agent, name) in read_on else NOT_READ_ON,
                origin_span_id=last.span_id,
            )


def _about(arguments: Any) -> str:
    """What a listing is of: its arguments without those that say which part."""
    if not isinstance(arguments, dict):
        return canonical(arguments)
    return canonical({key: value for key, value in arguments.items() if not _PAGING.search(key)})


def _more(action: Action) -> str | None:
    return names_more(action.result)


def _counted_only(action: Action) -> tuple[str, int] | None:
    """(field, number) of a total above zero beside a list without an element."""
    fields = parsed(action.result)
    lists = [value for value in fields.values() if isinstance(value, list)]
    if len(lists) != 1 or lists[0] or _more(action) is not None:
        return None
    totals = (
        (key, value) for key, value in fields.items() if _TOTAL.fullmatch(key) and type(value) is int and value > 0
    )
    return next(totals, None)


def _at(case: Case, action: Action, key: str) -> Any:
    assert action.result_at is not None  # noqa: S101 - listings have results
    return case.ref((action.result_at[0], join(action.result_at[1], key)))


DETECTOR = Detector("incomplete_listing", "A part of a listing was taken for all of it", Role.CAUSE, 8.0, find)
