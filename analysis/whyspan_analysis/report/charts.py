"""The report's charts as Plotly figures. A trace names its colour by role (`meta`); the page's script paints it light or dark."""

import html
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from whyspan_analysis.fields import cut
from whyspan_analysis.report.model import Report

_PERIOD_MS = {"minute": 60e3, "hour": 3600e3, "day": 86400e3, "week": 7 * 86400e3, "month": 30 * 86400e3}
_LAYOUT = {
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "Inter, system-ui, sans-serif", "size": 12},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    "bargap": 0.35,
    "hovermode": "closest",
    "dragmode": False,
}


def charts(report: Report) -> dict[str, str]:
    """Id of the chart's place in the page -> figure as JSON; a chart without data is left out."""
    figures = {"chart-periods": _periods(report), "chart-causes": _causes(report), "chart-tokens": _tokens(report)}
    return {place: figure.to_json() for place, figure in figures.items() if figure is not None}


def _periods(report: Report) -> go.Figure | None:
    if len(report.periods) < 2:
        return None
    starts = [period.start for period in report.periods]
    figure = go.Figure(layout={**_LAYOUT, "barmode": "stack", "height": 240})
    whole = datetime.fromisoformat(starts[-1]) - datetime.fromisoformat(starts[0])
    width = max(_PERIOD_MS[report.period] * 0.85, whole.total_seconds() * 1000 / 120)  # lonely periods stay visible
    for outcome in ("failed", "unknown", "ok"):
        counts = [getattr(period, outcome) for period in report.periods]
        hover = f"%{{x}}<br>%{{y}} {outcome}<extra></extra>"
        figure.add_bar(x=starts, y=counts, width=width, name=outcome, meta=outcome, hovertemplate=hover)
    figure.update_yaxes(
        title="runs", **_whole(max(period.failed + period.unknown + period.ok for period in report.periods), 5)
    )
    figure.update_xaxes(type="date", title=f"start of the run, by {report.period} (UTC)")
    return figure


def _causes(report: Report) -> go.Figure | None:
    if len(report.causes) < 2 or report.causes[0].runs == 1:  # bars of equal length say nothing
        return None
    causes = report.causes[:12][::-1]
    figure = go.Figure(layout={**_LAYOUT, "barmode": "stack", "height": 90 + 34 * len(causes)})
    names = [_label(cause.title, cause.tool or cause.agent) for cause in causes]
    for grade in ("strong", "likely", "suspect", "none"):
        counts = [cause.grades.get(grade, 0) for cause in causes]
        if any(counts):
            name = "no cause named" if grade == "none" else grade
            figure.add_bar(
                y=list(range(len(causes))),
                x=counts,
                name=name,
                meta=grade,
                orientation="h",
                customdata=names,
                hovertemplate=f"%{{customdata}}<br>%{{x}} {name}<extra></extra>",
            )
    figure.update_yaxes(tickvals=list(range(len(causes))), ticktext=names, automargin=True)
    figure.update_xaxes(title="failed runs", **_whole(max(cause.runs for cause in causes), 8))
    return figure


def _tokens(report: Report) -> go.Figure | None:
    agents = [agent for agent in report.agents if (agent.input_tokens or 0) + (agent.output_tokens or 0)][:12][::-1]
    if len(agents) < 2:
        return None
    figure = go.Figure(layout={**_LAYOUT, "barmode": "stack", "height": 90 + 28 * len(agents)})
    totals = [(agent.input_tokens or 0) + (agent.output_tokens or 0) for agent in agents]
    failed = [agent.failed_tokens or 0 for agent in agents]
    places = list(range(len(agents)))
    names = [_label(agent.name or "(no agent named)", None) for agent in agents]
    rest = [total - part for total, part in zip(totals, failed, strict=True)]
    for counts, name, role in ((failed, "in failed runs", "failed"), (rest, "in other runs", "ok")):
        figure.add_bar(
            y=places,
            x=counts,
            name=name,
            meta=role,
            orientation="h",
            customdata=names,
            hovertemplate=f"%{{customdata}}<br>%{{x:,}} tokens {name}<extra></extra>",
        )
    figure.update_yaxes(tickvals=places, ticktext=names, automargin=True)
    figure.update_xaxes(title="tokens", rangemode="tozero")
    return figure


def _whole(largest: int, ticks: int) -> dict[str, Any]:
    """An axis from zero with at most about so many ticks, all at whole numbers."""
    return {"rangemode": "tozero", "tick0": 0, "dtick": max(1, -(-largest // ticks)), "tickformat": ",d"}


def _label(text: str, of: str | None) -> str:
    """A label Plotly shows as text: it would take `<` for a tag, and a long name would push the bars away."""
    return html.escape(cut(f"{text} · {of}" if of else text, 60))
