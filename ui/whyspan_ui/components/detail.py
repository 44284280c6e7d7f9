"""The detail panel: one span, its decision, its conversation or its call, what was found on it, and everything it sent."""

import json
from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.load import Body
from whyspan_analysis.model import DecisionNode, Diagnosis, Run
from whyspan_analysis.report import wording
from whyspan_collector.records import Content, Span
from whyspan_ui.components import span_parts
from whyspan_ui.components.decision import absent, decision, section
from whyspan_ui.components.markup import join
from whyspan_ui.components.messages import chat
from whyspan_ui.components.why import why


def detail(run: Run, diagnosis: Diagnosis, body: Body, read_case: Callable[[], Case]) -> None:
    """Show one span. What its kind does not say stays in the Raw tab; `read_case` reads the run whole, when somebody asks why."""
    span = body.span
    span_id = span.span_id
    decisions = [node for node in diagnosis.decisions if node.span_id == span_id]
    st.html(
        join(
            span_parts.header(run, span),
            *(span_parts.finding_card(run, finding) for finding in diagnosis.findings if finding.span_id == span_id),
        )
    )
    names = _tabs(span, decisions)
    for name, tab in zip(names, st.tabs(names, key=f"tab-{span_id}", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                if name == "Why":
                    with st.spinner("Reading the whole run"):
                        case = read_case()
                    why(case, span_id)
                else:
                    _show(name, run, diagnosis, body)


def _tabs(span: Span, decisions: list[DecisionNode]) -> list[str]:
    """The tabs of a span, the one people look for first."""
    decision_tab = ["Decision"] if decisions else []
    if span.kind is Kind.TOOL:
        return ["Call", *decision_tab, "Why", "Raw"]
    if span.kind is Kind.MODEL_CALL:
        return [*decision_tab, "Messages", "Why", "Raw"]
    if span.kind is Kind.DECISION:
        return [*decision_tab, "Why", "Raw"]
    return [*decision_tab, "Input and output", "Why", "Raw"]


def _show(name: str, run: Run, diagnosis: Diagnosis, body: Body) -> None:
    if name == "Decision":
        st.html(join(*(decision(run, node) for node in diagnosis.decisions if node.span_id == body.span.span_id)))
    elif name == "Messages":
        _messages(body.content, body.span)
    elif name == "Raw":
        _raw(body)
    else:
        st.html(span_parts.call(diagnosis, body.span, body.content))


def _messages(content: Content, span: Span) -> None:
    st.html(span_parts.answer(content))
    if not content.input_messages:
        st.html(section("Asked", None, absent("The messages to the model were not captured.")))
        return
    earlier, latest = span_parts.fold(content.input_messages)
    st.html(section("Asked", "recorded", chat(latest) if not earlier else None))
    if earlier:
        history = st.expander(
            f"{wording.count(len(earlier), 'earlier message')}", key=f"history-{span.span_id}", on_change="rerun"
        )
        if history.open:
            history.html(chat(earlier))
        st.html(chat(latest))
    if offered := span_parts.tools_offered(content):
        st.html(offered)


def _raw(body: Body) -> None:
    st.html(span_parts.raw(body))
    st.download_button(
        "Download the span as JSON",
        lambda: json.dumps(
            asdict(body.span) | {"logs": [asdict(log) for log in body.logs]}, ensure_ascii=False, indent=2, default=str
        ),
        file_name=f"span-{body.span.span_id}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
