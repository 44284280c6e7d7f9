"""One decision in full: what was asked, chosen, passed over, why, on what evidence, and what came of it."""

from whyspan_analysis.model import DecisionNode, Knowledge, OptionView, Run
from whyspan_ui.components import badges
from whyspan_ui.components.columns import NO_CHOICE, one_line, title
from whyspan_ui.components.markup import Markup, prose, tag
from whyspan_ui.components.messages import block
from whyspan_ui.components.verdict import quote

_RATIONALE_ABSENT = "No rationale was captured: neither the agent nor the model said why."


def decision(run: Run, node: DecisionNode) -> Markup:
    """The decision as HTML."""
    return tag(
        "div",
        section(f"Decision {node.step}", node.source, block(node.question), _facts(node)),
        section("Options", node.source, _options(node)),
        _rationale(node),
        _evidence(run, node),
        _led_to(run, node),
        _missing(node),
        class_="decision",
    )


def section(heading: str, source: Knowledge | None, *content: Markup | None) -> Markup:
    """A heading with the class of knowledge of what stands below it."""
    head = tag("div", tag("h4", heading), badges.knowledge(source) if source else None, class_="head")
    return tag("section", head, *content, class_="section")


def absent(words: str) -> Markup:
    """Says what is missing, where it would have been."""
    return tag("p", prose(words), class_="absent")


def _facts(node: DecisionNode) -> Markup | None:
    facts = []
    if node.confidence is not None:
        facts.append(f"confidence {node.confidence:.2f}, in the agent's own words")
    if node.reversibility:
        facts.append(f"what follows is {node.reversibility}")
    return tag("div", tag("bdi", " · ".join(facts)), class_="muted") if facts else None


def _options(node: DecisionNode) -> Markup:
    chosen_first = sorted(node.options, key=lambda option: not option.chosen)
    lines = [_option(option) for option in chosen_first]
    if not any(option.chosen for option in node.options):
        lines.insert(0, tag("li", tag("b", tag("bdi", node.choice or NO_CHOICE)), class_="chosen"))
    return tag("ul", *lines, class_="options")


def _option(option: OptionView) -> Markup:
    name = tag("bdi", option.label)
    return tag(
        "li",
        tag("b", name) if option.chosen else name,
        tag("span", f"{option.score:.2f}", class_="score") if option.score is not None else None,
        tag("div", tag("bdi", option.why_not), class_="why-not") if option.why_not else None,
        class_="chosen" if option.chosen else "other",
    )


def _rationale(node: DecisionNode) -> Markup:
    if not node.rationale:
        return section("Rationale", None, *(absent(words) for words in node.missing or [_RATIONALE_ABSENT]))
    return section("Rationale", node.source, tag("blockquote", block(node.rationale)))


def _evidence(run: Run, node: DecisionNode) -> Markup:
    if not node.evidence:
        return section("Evidence", None, absent("No evidence was recorded, and none could be traced to this decision."))
    return section("Evidence", node.source, *(quote(run, ref, here=node.span_id) for ref in node.evidence))


def _led_to(run: Run, node: DecisionNode) -> Markup:
    led_to = [span_id for span_id in node.led_to if span_id in run.order]
    if not led_to:
        return section("Led to", None, absent("No span that carries this choice out was received."))
    return section("Led to", "derived", *(link(run, span_id) for span_id in led_to))


def link(run: Run, span_id: str) -> Markup:
    """A span to click on: its kind, name and what came of it."""
    span = run.span(span_id)
    state = " failed" if span.status == "error" else ""
    outcome = span.error_message or span.status_message or span.error_type if span.status == "error" else None
    return tag(
        "div",
        badges.letter(span),
        tag("button", tag("bdi", title(run, span)), class_="where", data_span=span_id),
        tag("bdi", one_line(outcome, 90), class_="muted") if outcome else None,
        class_=f"link{state}",
    )


def _missing(node: DecisionNode) -> Markup | None:
    if not node.missing or not node.rationale:  # without a rationale they stand in its place
        return None
    return section("Not captured", None, *(absent(words) for words in node.missing))
