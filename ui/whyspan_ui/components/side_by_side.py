"""Two runs as a table: each step beside the one of the other run that answers to it, and what differs between them."""

from urllib.parse import urlencode

from whyspan_analysis.compare import Comparison
from whyspan_analysis.compare.alignment import Pair
from whyspan_analysis.compare.differences import Difference, FieldDifference
from whyspan_analysis.compare.words import sentence
from whyspan_analysis.fields import QUOTE_LENGTH
from whyspan_analysis.model import Ref, Run
from whyspan_analysis.moments import Moment
from whyspan_ui.components import badges
from whyspan_ui.components.columns import one_line
from whyspan_ui.components.markup import Markup, prose, tag

MOST_ROWS = 400
"""Rows shown; of longer runs the differences alone are offered."""


def investigate_url(run_id: str, span_id: str | None = None) -> str:
    """The address of a run in the dashboard, relative to any page."""
    return "investigate?" + urlencode({"run": run_id} | ({"span": span_id} if span_id else {}))


def first_difference(found: Comparison) -> Markup:
    """What a person came for: the first difference the outcome can depend on, and the first choice among them."""
    if found.first is None:
        words = "No difference was found that the outcome can depend on."
        return tag("section", tag("h2", "Where they part"), tag("p", words, class_="absent"), class_="verdict unknown")
    parts = [_telling(found, "First difference the outcome can depend on", found.first)]
    if found.first_choice is not None and found.first_choice is not found.first:
        parts.append(_telling(found, "First choice that differs", found.first_choice))
    return tag("section", *parts, class_="verdict failed")


def _telling(found: Comparison, heading: str, difference: Difference) -> Markup:
    unlinked = None if difference.linked else "No recorded value or choice leads from it to the outcome."
    return tag(
        "div",
        tag("div", tag("h2", heading), prose(sentence(difference)), badges.knowledge("derived"), class_="headline"),
        fields(found, difference.fields),
        tag("div", unlinked, class_="muted") if unlinked else None,
    )


def fields(found: Comparison, differing: list[FieldDifference]) -> Markup | None:
    """What stood in each field here and there, as links to where it stands."""
    if not differing:
        return None
    rows = [
        tag(
            "tr",
            tag("th", prose(each.field)),
            tag("td", _quoted(found.here.run, each.here)),
            tag("td", _quoted(found.there.run, each.there)),
        )
        for each in differing
    ]
    return tag("table", *rows, class_="fields")


def _quoted(run: Run, ref: Ref | None) -> Markup:
    if ref is None:
        return tag("span", "nothing", class_="absent")
    quote = ref.quote or ""
    shown = f"{quote}…" if len(quote) == QUOTE_LENGTH else quote
    return tag("a", tag("q", shown), href=investigate_url(run.run_id, ref.span_id), target="_self")


def table(found: Comparison, pairs: list[Pair]) -> Markup:
    """The steps of both runs, one pair a row."""
    differing = {(id(each.here), id(each.there)): each for each in found.found}
    rows = [_row(found, pair, differing.get((id(pair[0]), id(pair[1])))) for pair in pairs[:MOST_ROWS]]
    more = len(pairs) - len(rows)
    return tag(
        "div",
        tag(
            "table",
            tag("tr", tag("th", "this run"), tag("th", "differs"), tag("th", "the other run")),
            *rows,
            class_="pairs",
        ),
        tag("p", f"{more:,} more steps are not shown; “Only differences” leaves out what is equal.", class_="muted")
        if more
        else None,
    )


def _row(found: Comparison, pair: Pair, difference: Difference | None) -> Markup:
    here, there = pair
    if difference is None:
        state, words = "equal", "="
    elif difference.kind == "changed":
        state, words = "changed", "≠"
    else:
        state, words = "alone", "only here" if here is not None else "only there"
    if difference is not None and difference.consequential:
        state += " consequential"
    told = tag("details", tag("summary", "what differs"), fields(found, difference.fields)) if difference else None
    first = " · first" if difference is not None and difference is found.first else ""
    return tag(
        "tr",
        tag("td", _moment(found.here.run, here)),
        tag("td", words, first, class_="sign"),
        tag("td", _moment(found.there.run, there), told if difference and difference.fields else None),
        class_=state,
    )


def _moment(run: Run, moment: Moment | None) -> Markup | None:
    if moment is None:
        return None
    return tag(
        "div",
        badges.letter(run.span(moment.span_id)),
        tag(
            "a", tag("bdi", one_line(moment.name, 90)), href=investigate_url(run.run_id, moment.span_id), target="_self"
        ),
        tag("span", moment.kind, class_="muted"),
        tag("span", "failed", class_="badge failed") if moment.failed else None,
        class_="link",
    )
