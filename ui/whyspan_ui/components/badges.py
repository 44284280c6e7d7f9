"""Small marks that say what class of knowledge a sentence is, how a run ended and how well a cause is supported."""

from whyspan_analysis.model import Knowledge
from whyspan_collector.records import Span
from whyspan_ui.components.columns import LETTERS
from whyspan_ui.components.markup import Markup, tag

_MEANING: dict[Knowledge, str] = {
    "recorded": "The agent said so at the time.",
    "derived": "Computed from the trace by a rule anyone can check.",
    "inferred": "A model's opinion afterwards.",
}


def knowledge(source: Knowledge) -> Markup:
    """The class of knowledge: `recorded` is a filled badge, `derived` an outlined one, `inferred` a dashed one."""
    return tag("span", source, class_=f"badge knowledge {source}", title=_MEANING[source])


def outcome(status: str) -> Markup:
    """`failed`, `ok` or `unknown` as a coloured word."""
    return tag("span", status, class_=f"badge outcome {status}")


def arriving() -> Markup:
    """In the place of the outcome, while the agent is at work."""
    return tag("span", "arriving", class_="badge arriving", title="The agent is at work: spans are still coming")


def grade(value: str) -> Markup:
    """How well the cause is supported: `suspect`, `likely` or `strong`."""
    return tag("span", value, class_=f"badge grade {value}", title="How well the cause is supported by the trace")


def letter(span: Span) -> Markup:
    """The tile the explorer marks this kind of span with."""
    return tag("span", LETTERS[span.kind], class_=f"letter {span.kind.value}", title=span.kind.value.replace("_", " "))
