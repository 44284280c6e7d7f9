"""What failed, by incident: how often, since when and which version, what changed, and the runs that show it."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from whyspan_analysis import fleet
from whyspan_analysis.incidents.model import Incident, Point, Proposal
from whyspan_analysis.incidents.words import change_words, measure_words, prevention_words, sparkline
from whyspan_analysis.report import wording
from whyspan_analysis.words import NO_CAUSE
from whyspan_ui import data, theme
from whyspan_ui.components import badges, charts, filter_box
from whyspan_ui.components.acting import acting
from whyspan_ui.components.markup import Markup, prose, tag
from whyspan_ui.components.notices import empty_store
from whyspan_ui.components.side_by_side import investigate_url

_CARDS = 50
"""Incidents shown; a filter narrows them."""
_CHANGES = 2
_NOTES = 2
"""Shown of each incident, the latest; `whyspan incidents show` has all."""
_WORKED = {"prevented": "ok", "came back": "failed", "quiet": "none"}


def page() -> None:
    """The incidents of the runs a filter holds for, most runs first."""
    runs = filter_box.filtered_runs()
    if runs is None:
        return
    if runs.is_empty() and not data.newest(""):
        empty_store(data.data_dir())
        return
    failed = runs.filter(pl.col("outcome") == "failed")
    if failed.is_empty():
        st.html(tag("p", f"None of {wording.count(runs.height, 'run')} has failed.", class_="absent"))
        return
    found = data.incidents(st.session_state.get("q") or "")
    facts = [
        f"{failed.height:,} of {wording.count(runs.height, 'run')} failed",
        wording.count(len(found.incidents), "incident"),
    ]
    heading = tag("h1", "Failures"), tag("span", " · ".join(facts), class_="muted")
    st.html(tag("div", *heading, class_="run-header"))
    if found.alarms:
        st.html(tag("section", tag("ul", *(tag("li", prose(each.text)) for each in found.alarms)), class_="verdict"))
    _charts(failed, found.incidents)
    told = dict(zip(failed["run_id"], failed["decisive_span_id"], strict=True))
    st.html(tag("div", *(_card(each, told) for each in found.incidents[:_CARDS]), class_="causes"))
    if len(found.incidents) > _CARDS:
        more = wording.count(len(found.incidents) - _CARDS, "more incident")
        st.html(tag("p", f"and {more}; a filter narrows them", class_="muted"))
    if found.proposals:
        st.html(tag("div", tag("h2", "May be one"), *map(_alike, found.proposals), class_="causes"))
    acting(found.incidents)


def _charts(failed: pl.DataFrame, incidents: list[Incident]) -> None:
    places = st.grid(2, min_column_width=charts.NARROWEST, gap="small")
    of = {signature: each.cause for each in incidents for signature in each.signatures}
    causes = failed.with_columns(cause=pl.col("signature").replace_strict(of, default=NO_CAUSE), count=1)
    period, sums = fleet.sums_by_period(causes, "cause", "count")
    if sums["start"].n_unique() > 1:
        places.plotly_chart(
            charts.stacked(sums, period, unit="failed runs", hover="%{y}"), config=charts.CONFIG, key="failures-time"
        )
    if len(incidents) > 1:
        paths = [([i.cause, i.parts.agent or "no agent named", i.parts.tool or "no tool"], i.runs) for i in incidents]
        place = {name: number for number, name in enumerate(charts.by_size(sums))}
        paths.sort(key=lambda path: place.get(path[0][0], len(place)))  # a cause has one colour in both charts
        places.plotly_chart(
            charts.treemap(paths, ink=theme.on_colour(st.context.theme.type)), config=charts.CONFIG, key="failures-map"
        )


def _card(incident: Incident, told: dict[str, str | None]) -> Markup:
    facts = [
        wording.count(incident.runs, "failed run"),
        f"{wording.percent(incident.share)} of the runs of {', '.join(incident.agents) or 'agents without a name'}",
        f"last seen {wording.when(incident.last_seen)}",
    ]
    if incident.first_seen != incident.last_seen:
        facts.append(f"first seen {wording.when(incident.first_seen)}")
    status = "back" if incident.reopened else incident.status
    worked = incident.prevention.state if incident.prevention else None
    shown = [run for run in incident.examples if run.run_id in told]
    return tag(
        "div",
        tag(
            "div",
            tag("b", prose(incident.title)),
            tag("span", status, class_="badge") if status != "open" else None,
            tag("span", worked, class_=f"badge {_WORKED[worked]}") if worked else None,
            *(badges.grade(grade) for grade in incident.grades if grade != "none"),
            tag("code", incident.id, class_="muted score"),
        ),
        tag("div", " · ".join(facts), " ", _trend(incident.trend), class_="muted"),
        *_news(incident),
        *(
            tag(
                "div",
                tag(
                    "a",
                    prose(run.verdict or NO_CAUSE),
                    href=investigate_url(run.run_id, told[run.run_id]),
                    target="_self",
                ),
            )
            for run in shown
        ),
        tag("div", f"and {wording.count(incident.runs - len(shown), 'more run')}", class_="muted")
        if incident.runs > len(shown)
        else None,
        class_="hypothesis",
    )


def _trend(trend: Sequence[Point]) -> Markup | None:
    """The share of runs in each period, as small bars; one or two would say nothing."""
    return tag("code", sparkline(trend)) if len(trend) > 2 else None


def _alike(proposal: Proposal) -> Markup:
    """Two incidents that may be one, and why."""
    return tag(
        "div",
        tag("code", proposal.incident),
        " and ",
        tag("code", proposal.other),
        ": ",
        prose(proposal.reason),
        class_="hypothesis",
    )


def _news(incident: Incident) -> list[Markup]:
    """Since which version, that it is back, who looks after it, what separates its runs."""
    lines = []
    if since := incident.introduced_in:
        counts = f"{since.failed_since} of {since.runs_since} runs since, {since.failed_before} of {since.runs_before} before"
        lines.append(tag("div", "Came in with version ", tag("bdi", since.version), f": {counts}"))
    if incident.reopened:
        lines.append(tag("div", prose(incident.reopened.text)))
    if incident.prevention:
        lines.append(tag("div", prose(prevention_words(incident.prevention))))
        done = incident.prevention.measures
        lines += [tag("div", prose(measure_words(each)), class_="muted") for each in done if len(done) > 1]
    if incident.owner:
        lines.append(tag("div", "Owner: ", tag("bdi", incident.owner)))
    lines += [
        tag(
            "div",
            tag("bdi", note.person or "somebody"),
            ": ",
            tag("bdi", note.text),
            " ",
            tag("span", wording.when(note.at), class_="muted"),
        )
        for note in incident.notes[-_NOTES:]
    ]
    lines += [
        tag("div", tag("b", tag("bdi", f"{change.name} {change.value}")), f": {change_words(change)}")
        for change in (incident.changed or ())[:_CHANGES]
    ]
    return lines


page()
