"""One span as HTML: its head, what was found on it, its call, its conversation and everything it sent."""

from dataclasses import asdict
from typing import Any

from whyspan.semconv import Kind
from whyspan_analysis.load import Body
from whyspan_analysis.model import DecisionNode, Diagnosis, Finding, Run
from whyspan_analysis.report import wording
from whyspan_collector.records import Content, Message, Span
from whyspan_ui.components import badges, figures
from whyspan_ui.components.columns import title
from whyspan_ui.components.decision import absent, link, section
from whyspan_ui.components.markup import Markup, dotted, join, prose, tag
from whyspan_ui.components.messages import chat, code
from whyspan_ui.components.verdict import elsewhere, quote

_LATEST_MESSAGES = 6
"""Input messages shown at once; a model call repeats the whole conversation before it."""


def header(run: Run, span: Span) -> Markup:
    """Kind, name, key figures and the error, if there is one."""
    elapsed = figures.elapsed_ms(span.start_ns, span.end_ns)
    took = wording.duration(elapsed) if elapsed is not None else "pending" if span.end_ns == 0 else "no valid time"
    kind = span.kind.value.replace("_", " ")
    facts = [kind, span.name if span.name not in (title(run, span), kind) else None]
    facts.append(span.agent if span.kind is not Kind.AGENT else None)
    facts += [took, _tokens(span), wording.dollars(span.cost) if span.cost is not None else None]
    error = (
        span.error_message
        or span.status_message
        or span.error_type
        or "The span has the status error and says no more."
    )
    return tag(
        "header",
        tag("div", badges.letter(span), tag("h3", tag("bdi", title(run, span))), class_="name"),
        tag("div", dotted(facts), class_="muted"),
        tag("div", tag("b", "Error "), tag("bdi", error), class_="card failed") if span.status == "error" else None,
        class_="detail-header",
        data_shows=span.span_id,
    )


def _tokens(span: Span) -> str:
    known = {"in": span.input_tokens, "out": span.output_tokens}
    return " + ".join(f"{figures.compact(tokens)} tokens {way}" for way, tokens in known.items() if tokens is not None)


def finding_card(run: Run, finding: Finding) -> Markup:
    """What a detector found on the span, with its evidence."""
    words = [finding.detector.replace("_", " "), finding.role.value, "recovered" if finding.recovered else None]
    origin = finding.origin_span_id
    quotes = [quote(run, ref, here=finding.span_id) for ref in finding.refs if ref.quote]
    quotes += map(elsewhere, finding.beside)
    return tag(
        "div",
        tag(
            "div",
            tag("b", dotted(words)),
            badges.knowledge("derived"),
            class_="head",
        ),
        prose(finding.message),
        tag("details", tag("summary", f"Evidence: {wording.count(len(quotes), 'quote')}"), *quotes) if quotes else None,
        tag("div", "First seen in ", link(run, origin), class_="origin")
        if origin and origin != finding.span_id
        else None,
        class_="card recovered" if finding.recovered else f"card {finding.role.value}",
    )


def answer(content: Content) -> Markup:
    """What the model said in this call."""
    if content.output_messages:
        return section("Answer", "recorded", chat(content.output_messages, answer=True))
    return section("Answer", None, absent("No answer was captured: the call failed, or its content is not sent."))


def tools_offered(content: Content) -> Markup | None:
    """The names of the tools the model could choose from."""
    if not content.tool_definitions:
        return None
    offered = [str(tool.get("name") or "unnamed") for tool in content.tool_definitions]
    return section("Tools offered", "recorded", tag("div", *(tag("code", name) for name in offered), class_="names"))


def fold(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """Earlier messages to fold away, and the latest, which decided the answer."""
    if len(messages) <= _LATEST_MESSAGES:
        return [], messages
    return messages[:-_LATEST_MESSAGES], messages[-_LATEST_MESSAGES:]


def call(diagnosis: Diagnosis, span: Span, content: Content) -> Markup:
    """What went in, what came out, the checks recorded here, and which decisions rest on it."""
    is_tool = span.kind is Kind.TOOL
    given = content.arguments if content.arguments is not None else content.input
    came = content.result if content.result is not None else content.output
    parts = [_value("Arguments" if is_tool else "Input", given), _value("Result" if is_tool else "Output", came)]
    if not is_tool and (content.input_messages or content.output_messages):
        parts = [
            section("Input", "recorded", chat(content.input_messages)) if content.input_messages else parts[0],
            section("Output", "recorded", chat(content.output_messages)) if content.output_messages else parts[1],
        ]
    for outcome in content.outcomes:
        words = f"{'held' if outcome.ok else 'did not hold'}: {outcome.check or 'an unnamed check'}"
        parts.append(section("Outcome check", "recorded", tag("div", tag("bdi", words)), code(outcome.detail)))
    using = [node for node in diagnosis.decisions if any(ref.span_id == span.span_id for ref in node.evidence)]
    if using:
        parts.append(section("Used by", "derived", *(_used_by(node) for node in using)))
    elif is_tool:
        parts.append(section("Used by", None, absent("No decision could be shown to rest on this result.")))
    return join(*parts)


def _used_by(node: DecisionNode) -> Markup:
    words = f"Decision {node.step}: {node.choice or node.question}"
    return tag("div", tag("button", tag("bdi", words), class_="where", data_span=node.span_id), class_="link")


def _value(heading: str, value: Any) -> Markup:
    if value is None:
        return section(heading, None, absent(f"No {heading.lower()} captured on this span."))
    return section(heading, "recorded", code(value))


def raw(body: Body) -> Markup:
    """Everything as it was sent: the span, its attributes, events, log records and resource."""
    span = body.span
    identity = {"span id": span.span_id, "parent span id": span.parent_span_id, "trace id": span.trace_id}
    identity |= {"name": span.name, "start": figures.moment(span.start_ns), "status": span.status}
    identity |= {"scope": span.scope, "vocabulary": span.vocabulary}
    return join(
        _table("Span", identity),
        _table("Attributes", span.attributes),
        *(_table(f"Event {event.get('name', '')}", event.get("attributes") or {}) for event in span.events),
        *(_table("Log record", asdict(log)) for log in body.logs),
        _table("Resource", span.resource),
    )


def _table(heading: str, values: dict[str, Any]) -> Markup | None:
    known = {key: value for key, value in values.items() if value is not None}
    if not known:
        return None
    rows = [tag("tr", tag("th", tag("bdi", key)), tag("td", code(value))) for key, value in sorted(known.items())]
    return section(heading, "recorded", tag("table", *rows, class_="raw"))
