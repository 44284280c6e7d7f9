"""Plotly charts over many runs. Names come from traces: they are cut, escaped and never read as HTML."""

import textwrap
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from whyspan_ui.components.columns import one_line
from whyspan_ui.components.markup import text

CONFIG = {"displayModeBar": False}
MOST_NAMES = 8
"""Names told apart by colour; the others are one."""
NARROWEST = 440
"""Pixels of width below which two charts do not stand side by side."""
_OTHERS = "others"
_LINE = 16
"""Characters of a line on the treemap."""
_PERIOD_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}
_LAYOUT: dict[str, Any] = {
    "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
    "legend": {"orientation": "h", "y": 1.08, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    "dragmode": False,
}


def label(name: str | None, unknown: str = "not named") -> str:
    """A name from a trace as a chart may show it."""
    return text(one_line(name, 32)) if name else unknown


def by_size(sums: pl.DataFrame) -> list[str | None]:
    """The names in the order in which charts give them colours: the largest sum first, equals by name."""
    value = sums.columns[-1]
    return (
        sums.group_by("name").agg(pl.col(value).sum()).sort(value, "name", descending=[True, False])["name"].to_list()
    )


def stacked(sums: pl.DataFrame, period: str, *, unit: str, hover: str) -> go.Figure:
    """Bars over time, one colour a name. `sums` has the columns of `fleet.sums_by_period`; `hover` formats a value."""
    value = sums.columns[-1]
    largest = by_size(sums)
    shown = largest[:MOST_NAMES]
    figure = go.Figure(layout={**_LAYOUT, "barmode": "stack", "height": 260})
    for name in shown:
        rows = sums.filter(pl.col("name").eq_missing(pl.lit(name)))
        figure.add_bar(x=rows["start"].to_list(), y=rows[value].to_list(), name=label(name))
    if len(largest) > len(shown):
        kept = pl.any_horizontal(*(pl.col("name").eq_missing(pl.lit(name)) for name in shown))
        rows = sums.filter(~kept).group_by("start").agg(pl.col(value).sum()).sort("start")
        figure.add_bar(x=rows["start"].to_list(), y=rows[value].to_list(), name=_OTHERS)
    starts = sums["start"]
    whole = (starts.max() - starts.min()).total_seconds() if len(starts) else 0.0  # type: ignore[operator,union-attr]
    width = (
        max(_PERIOD_SECONDS[period] * 0.85, whole / 120) * 1000
    )  # lonely periods stay visible, and do not fill the chart
    figure.update_traces(width=width, hovertemplate=f"%{{x}}<br>%{{fullData.name}}: {hover}<extra></extra>")
    figure.update_xaxes(type="date", title=f"start of the run, by {period} (UTC)")
    figure.update_yaxes(title=unit, rangemode="tozero", nticks=5)
    return figure


def ranked(names: Sequence[str | None], values: Sequence[float | None], *, unit: str, hover: str) -> go.Figure:
    """Horizontal bars, the largest on top."""
    pairs = [(label(name), value) for name, value in zip(names, values, strict=True) if value is not None]
    pairs = sorted(pairs, key=lambda pair: pair[1])[-12:]
    figure = go.Figure(layout={**_LAYOUT, "height": 70 + 28 * len(pairs)})
    places = list(range(len(pairs)))
    figure.add_bar(y=places, x=[value for _, value in pairs], orientation="h", customdata=[name for name, _ in pairs])
    figure.update_traces(hovertemplate=f"%{{customdata}}: {hover}<extra></extra>")
    figure.update_yaxes(tickvals=places, ticktext=[name for name, _ in pairs], automargin=True)
    figure.update_xaxes(title=unit, rangemode="tozero", nticks=6)
    return figure


def spread(groups: dict[str | None, list[float]], *, unit: str) -> go.Figure:
    """How a measure is spread in each group: quartiles, and whiskers to the furthest value within 1.5 times their distance."""
    shown = sorted(groups.items(), key=lambda pair: -len(pair[1]))[:MOST_NAMES][::-1]
    figure = go.Figure(layout={**_LAYOUT, "height": 90 + 34 * len(shown)})
    places = [place for place, (_, values) in enumerate(shown) for _ in values]
    figure.add_box(x=[value for _, values in shown for value in values], y=places, orientation="h", boxpoints=False)
    figure.update_xaxes(title=unit, rangemode="tozero", nticks=6)
    figure.update_yaxes(
        tickvals=list(range(len(shown))), ticktext=[label(name) for name, _ in shown], automargin=True, zeroline=False
    )
    return figure


def histogram(values: list[float], *, unit: str) -> go.Figure:
    """How many runs have how much."""
    figure = go.Figure(layout={**_LAYOUT, "height": 220, "bargap": 0.05})
    figure.add_histogram(x=values, nbinsx=40, hovertemplate="%{y} runs with %{x}<extra></extra>")
    figure.update_xaxes(title=unit, rangemode="tozero")
    figure.update_yaxes(title="runs", nticks=4)
    return figure


def treemap(paths: Sequence[tuple[Sequence[str], int]], *, ink: str) -> go.Figure:
    """Nested rectangles: each path of names with how many runs it stands for. Colours go by the order of the first names; `ink` is that of the words on them."""
    sizes: dict[tuple[str, ...], int] = {}
    for names, runs in paths:
        for depth in range(1, len(names) + 1):
            sizes[tuple(names[:depth])] = sizes.get(tuple(names[:depth]), 0) + runs
    keys = list(sizes)
    figure = go.Figure(layout={**_LAYOUT, "height": 260})
    figure.add_treemap(
        ids=[_node(key) for key in keys],
        labels=[_in_lines(key[-1]) for key in keys],
        parents=[_node(key[:-1]) for key in keys],
        values=list(sizes.values()),
        branchvalues="total",
        sort=False,
        tiling={"packing": "squarify"},
        marker={
            "depthfade": False,
            "pad": {"t": 34, "l": 3, "r": 3, "b": 3},
        },  # a faded header is not read; two lines of one are
        textfont={"color": ink},
        hovertemplate="%{customdata}: %{value} failed runs<extra></extra>",
        customdata=[label(key[-1]) for key in keys],
    )
    return figure


def _in_lines(name: str) -> str:
    """A name in at most two lines: one long line is drawn in letters too small to be read."""
    return "<br>".join(text(line) for line in textwrap.wrap(one_line(name, 60), _LINE, max_lines=2, placeholder="…"))


def _node(key: tuple[str, ...]) -> str:
    return text("\n".join(key))
