"""Tokens per model call as a Plotly chart, drawn only when it is opened: the chart's code is 4 MB."""

import plotly.graph_objects as go
import streamlit as st

from whyspan.semconv import Kind
from whyspan_analysis.model import Diagnosis, Run
from whyspan_collector.records import Span
from whyspan_ui.components.columns import depth_first, title
from whyspan_ui.components.markup import text


def tokens_per_decision(run: Run, diagnosis: Diagnosis) -> None:
    """An expander with the chart; nothing where no model call says how many tokens it took."""
    calls = [span for span in depth_first(run) if span.kind is Kind.MODEL_CALL]
    known = [span for span in calls if span.input_tokens is not None or span.output_tokens is not None]
    if not known:
        return
    words = "Tokens per model call" + (f", known for {len(known)} of {len(calls)}" if len(known) < len(calls) else "")
    expander = st.expander(words, key=f"tokens-{run.run_id}", on_change="rerun")
    if expander.open:
        decisive = diagnosis.hypotheses[0].span_id if diagnosis.hypotheses else None
        expander.plotly_chart(_chart(run, known, decisive), config={"displayModeBar": False}, key=f"chart-{run.run_id}")


def _chart(run: Run, calls: list[Span], decisive: str | None) -> go.Figure:
    positions = list(range(1, len(calls) + 1))
    names = [text(title(run, span)) for span in calls]  # Plotly reads a little HTML in hover texts
    figure = go.Figure(
        [
            go.Bar(x=positions, y=[span.input_tokens for span in calls], name="input", customdata=names),
            go.Bar(x=positions, y=[span.output_tokens for span in calls], name="output", customdata=names),
        ]
    )
    figure.update_traces(hovertemplate="%{customdata}<br>%{y:,} %{fullData.name} tokens<extra></extra>")
    figure.update_layout(
        barmode="stack",
        height=180,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.15},
        xaxis={"title": "model call", "dtick": max(1, len(calls) // 20)},
        yaxis={"nticks": 4, "rangemode": "tozero"},
    )
    for position, span in zip(positions, calls, strict=True):
        if span.span_id == decisive:
            figure.add_vrect(x0=position - 0.5, x1=position + 0.5, fillcolor="#c92a2a", opacity=0.12, line_width=0)
    return figure
