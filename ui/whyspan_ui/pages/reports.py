"""The batch report over all stored runs: its key figures here, the whole of it as a file."""

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from whyspan_analysis.duties import FOLDER, REPORT_DAYS
from whyspan_analysis.incidents.words import prevention_words
from whyspan_analysis.report import html, markdown, wording
from whyspan_analysis.report.model import Cause, Report
from whyspan_ui import data
from whyspan_ui.components import badges
from whyspan_ui.components.markup import Markup, join, prose, tag
from whyspan_ui.components.notices import empty_store

_SCHEDULED = 7
"""Reports offered; the folder keeps a month of them."""


def page() -> None:
    """Summary, causes with their examples, and the downloads."""
    report = built(_origin(), data.data_dir())
    if not report.totals.runs:
        empty_store(data.data_dir())
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(tag("div", tag("h1", "Batch report"), tag("span", period(report), class_="muted"), class_="run-header"))
        downloads(report)
    st.html(tag("section", tag("ul", *(tag("li", prose(line)) for line in report.summary)), class_="verdict summary"))
    scheduled()
    if report.causes:
        st.html(tag("h2", "What failed, by cause"))
        st.html(tag("div", *(cause_card(cause) for cause in report.causes), class_="causes"))
    if report.gaps:
        gaps = [
            tag("li", prose(gap.text), " ", tag("span", f"({wording.count(gap.runs, 'run')})", class_="muted"))
            for gap in report.gaps
        ]
        st.html(tag("section", tag("h2", "Not captured"), tag("ul", *gaps), class_="gaps"))


@st.cache_data(ttl="20s", show_spinner="Building the report")
def built(origin: str, folder: Path) -> Report:
    """The report of this moment over the runs of a data folder, with links to runs under this origin."""
    return data.report(folder, lambda run_id: f"{origin}/investigate?run={run_id}")


def _origin() -> str:
    address = urlsplit(st.context.url or "")
    return f"{address.scheme}://{address.netloc}"


def period(report: Report) -> str:
    """Which runs the report is about."""
    return f"{wording.count(report.totals.runs, 'run')}, {wording.when(report.first_run_at)} to {wording.when(report.last_run_at)}"


def downloads(report: Report) -> None:
    """The report in the formats of `whyspan report`."""
    formats = {
        "HTML": ("text/html", lambda: html.render(report)),
        "Markdown": ("text/markdown", lambda: markdown.render(report)),
        "JSON": ("application/json", lambda: report.model_dump_json(by_alias=True, indent=2)),
    }
    for name, (mime, render) in formats.items():
        suffix = {"HTML": "html", "Markdown": "md", "JSON": "json"}[name]
        st.download_button(
            name, render, file_name=f"whyspan-report.{suffix}", mime=mime, icon=":material/download:", on_click="ignore"
        )


def scheduled() -> None:
    """The reports of the last week that `whyspan up` wrote, the latest first; nothing where it has written none."""
    written = sorted((data.data_dir() / FOLDER).glob("whyspan-*.html"), reverse=True)[:_SCHEDULED]
    if not written:
        return
    with st.expander(f"Written every day, each over the {REPORT_DAYS} days before"):
        for path in written:
            st.download_button(path.stem, path.read_bytes, file_name=path.name, mime="text/html", on_click="ignore")


def cause_card(cause: Cause) -> Markup:
    """One cause: how often, where, since when, and the runs that show it."""
    facts = [
        wording.count(cause.runs, "failed run"),
        wording.percent(cause.share),
        f"last seen {wording.when(cause.last_seen)}",
    ]
    if cause.first_seen != cause.last_seen:
        facts.append(f"first seen {wording.when(cause.first_seen)}")
    return tag(
        "div",
        tag(
            "div",
            tag("b", prose(cause.title)),
            *(badges.grade(grade) for grade in cause.grades),
            tag("span", " · ".join(facts), class_="muted score"),
            class_="where-line",
        ),
        *(
            tag(
                "div",
                tag(
                    "a",
                    prose(example.verdict or example.check),
                    href=f"investigate?run={example.run_id}",
                    target="_self",
                ),
            )
            for example in cause.examples
        ),
        tag("div", prose(prevention_words(cause.incident.prevention))) if cause.incident.prevention else None,
        _proposed(cause),
        class_="hypothesis",
    )


def _proposed(cause: Cause) -> Markup | None:
    """The rule against it, or the reason why there is none, and a way to the page that makes rules."""
    if cause.proposed is None:
        return None
    made_from = cause.proposed.run_id
    link = tag("a", "Propose it on the Rules page", href=f"rules?run={made_from}", target="_self")
    return join(tag("div", prose(cause.proposed.text), class_="muted"), tag("div", link) if made_from else None)


page()
