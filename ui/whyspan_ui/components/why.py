"""Why did, why didn't: a question about what a span used, said or passed over, and the slice of the run that answers it."""

from collections.abc import Callable

import streamlit as st

from whyspan_analysis.case import Case
from whyspan_analysis.lineage import Source
from whyspan_analysis.model import DecisionNode
from whyspan_analysis.provenance import Askable, Place, Provenance, askable, provenance, why_not
from whyspan_analysis.report import wording
from whyspan_ui.components import badges
from whyspan_ui.components.columns import one_line
from whyspan_ui.components.decision import absent, section
from whyspan_ui.components.markup import Markup, join, prose, tag
from whyspan_ui.components.verdict import quote

_LONGEST_QUESTION = 90
_WORDS = {
    Source.GIVEN: "is in what the run was told",
    Source.OBSERVED: "was seen before",
    Source.DERIVED: "follows from what was seen",
    Source.MODEL: "was seen nowhere before: it is the model's own",
}
_UNKNOWN = "was returned by no tool; what the run was told was not captured, so whether it was given cannot be said"


def why(case: Case, span_id: str) -> None:
    """A box with the questions this span raises, and the answer to the chosen one."""
    questions = _questions(case, span_id)
    if not questions:
        st.html(absent("Nothing to ask here: no argument, no words and no option that was passed over were captured."))
        return
    labels = list(questions)
    asked = st.selectbox("Question", labels, key=f"why-{span_id}", label_visibility="collapsed")
    st.html(questions[asked]())


def _questions(case: Case, span_id: str) -> dict[str, Callable[[], Markup]]:
    """Question -> what answers it, in the order of the span."""
    found: dict[str, Callable[[], Markup]] = {}
    for asked in askable(case, span_id):
        words = {"answer": "Why does it say", "outcome": "Why"}.get(asked.name, f"Where did {asked.name} come from:")
        found.setdefault(f"{words} “{one_line(asked.text, _LONGEST_QUESTION)}”?", _origin_of(case, asked))
    for node in case.decisions:
        if node.span_id == span_id:
            for option in node.options:
                if not option.chosen:
                    words = f"Why not {one_line(option.label, _LONGEST_QUESTION)}?"
                    found.setdefault(words, _not_taken(case, node, option.label))
    return found


def _origin_of(case: Case, asked: Askable) -> Callable[[], Markup]:
    return lambda: _answer(case, provenance(case, asked))


def _not_taken(case: Case, node: DecisionNode, label: str) -> Callable[[], Markup]:
    return lambda: _passed_over(case, node, label)


def _answer(case: Case, found: list[Provenance]) -> Markup:
    if not found:
        return absent("It holds no number, date, address, URL or id that could be looked for.")
    return section("Where it came from", "derived", _list(case, found))


def _list(case: Case, found: tuple[Provenance, ...] | list[Provenance]) -> Markup:
    return tag("ul", *(tag("li", _value(case, each)) for each in found), class_="origins")


def _value(case: Case, found: Provenance) -> Markup:
    words = _UNKNOWN if found.source is Source.MODEL and not case.lineage.task_known else _WORDS[found.source]
    how = f": {found.how} of" if found.how else ""
    more = tag("div", f"and at {wording.count(found.more, 'more place')}", class_="muted") if found.more else None
    return join(
        tag("div", f"{found.name} " if found.name else None, tag("code", one_line(found.value)), f" {words}{how}"),
        *(_place(case, place) for place in found.places),
        more,
    )


def _place(case: Case, place: Place) -> Markup:
    asked_with = (
        tag("details", tag("summary", "What it was asked with"), _list(case, place.asked_with))
        if place.asked_with
        else None
    )
    return join(quote(case.run, place.ref), asked_with)


def _passed_over(case: Case, node: DecisionNode, label: str) -> Markup:
    said = why_not(case, node, label)
    lines = [
        tag(
            "li",
            prose(sentence.text),
            " ",
            badges.knowledge(sentence.source),
            *(quote(case.run, ref, here=node.span_id) for ref in sentence.refs if ref.span_id != node.span_id),
        )
        for sentence in said
    ]
    silent = not any(sentence.source == "recorded" for sentence in said)
    return section(
        "Why it was not taken",
        None,
        absent("The agent did not say why it passed this over.") if silent else None,
        tag("ul", *lines, class_="origins") if lines else None,
    )
