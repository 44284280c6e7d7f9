"""The page of a run as one HTML file: verdict, explorer and the details of its spans, without a server or another file."""

import base64
import json
import re
from typing import Any, Final

from whyspan_analysis.load import Body
from whyspan_analysis.model import Diagnosis, Run
from whyspan_analysis.report import wording
from whyspan_collector.records import Span
from whyspan_ui import data, theme
from whyspan_ui.components import span_parts
from whyspan_ui.components.columns import columns, depth_first, notes
from whyspan_ui.components.decision import absent, decision, section
from whyspan_ui.components.header import header
from whyspan_ui.components.markup import Markup, join, tag
from whyspan_ui.components.messages import chat
from whyspan_ui.components.verdict import banner
from whyspan_ui.data import Investigation

MOST_DETAILED: Final = 500
"""Spans with their details; of larger runs those the diagnosis speaks of, and the first of the others."""
_IMPORT: Final = re.compile(r'from "\./([a-z]+\.js)"')
_EXPLORER: Final = theme.ASSETS / "explorer"
_START: Final = """
import { Explorer } from "view.js";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const details = read("details");
const panel = document.getElementById("detail");
const root = document.getElementById("host").shadowRoot.querySelector(".explorer");
const wanted = new URL(location.href).searchParams.get("span");
const show = (spanId) => {
  panel.innerHTML = details[spanId] ?? "<p class=absent>The details of this span were left out of the file: the run is too long.</p>";
  panel.scrollTop = 0;
};
const explorer = new Explorer(root, read("columns"), { selectedId: wanted, report: show, goTo: () => {}, addresses: { at: () => "", saying: () => "data:application/json,[]" } });
show(explorer.selectedId());
"""


def page_file(found: Investigation) -> str:
    """The whole file. The details were made of escaped text here; the file's script only puts them in place."""
    run, diagnosis = found.run, found.diagnosis
    rows = depth_first(run)
    detailed = _detailed(diagnosis, rows)
    bodies = data.bodies(run.run_id, [span.span_id for span in detailed])
    every = columns(run, diagnosis)
    known = dict(zip((span.span_id for span in detailed), notes(detailed, bodies), strict=True))
    every["note"] = [known.get(span.span_id, note or "") for span, note in zip(rows, every["note"], strict=True)]
    details = {span_id: _details(run, diagnosis, body) for span_id, body in bodies.items()}
    left_out = len(rows) - len(detailed)
    words = (
        f"{wording.count(left_out, 'span')} without details: the run is too long for one file." if left_out else None
    )
    return "<!doctype html>" + tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width"),
            tag("title", f"{found.row['agent'] or found.row['name']} {run.run_id} · Whyspan"),
            tag("style", Markup(_style())),
        ),
        tag(
            "body",
            header(found.row),
            banner(run, diagnosis),
            tag("div", _explorer(), tag("aside", id="detail", class_="st-key-detail"), class_="panes"),
            tag("p", words, class_="absent") if words else None,
            _data("columns", every),
            _data("details", details),
            tag("script", Markup(json.dumps({"imports": _modules()})), type="importmap"),
            tag("script", Markup(_START), type="module"),
            class_="stHtml file",
        ),
        lang="en",
    )


def _detailed(diagnosis: Diagnosis, rows: list[Span]) -> list[Span]:
    if len(rows) <= MOST_DETAILED:
        return rows
    told = {ref.span_id for sentence in diagnosis.chain for ref in sentence.refs}
    told |= {finding.span_id for finding in diagnosis.findings} | {node.span_id for node in diagnosis.decisions}
    ranked = sorted(rows, key=lambda span: span.span_id not in told)[:MOST_DETAILED]
    kept = {span.span_id for span in ranked}
    return [span for span in rows if span.span_id in kept]


def _details(run: Run, diagnosis: Diagnosis, body: Body) -> Markup:
    span, content = body.span, body.content
    asked = section("Asked", "recorded", chat(content.input_messages)) if content.input_messages else None
    return join(
        span_parts.header(run, span),
        *(span_parts.finding_card(run, each) for each in diagnosis.findings if each.span_id == span.span_id),
        *(decision(run, node) for node in diagnosis.decisions if node.span_id == span.span_id),
        join(span_parts.answer(content), asked or absent("The messages to the model were not captured."))
        if content.input_messages or content.output_messages
        else span_parts.call(diagnosis, span, content),
        tag("details", tag("summary", "Everything as it was sent"), span_parts.raw(body)),
    )


def _explorer() -> Markup:
    style = (_EXPLORER / "explorer.css").read_text(encoding="utf-8")
    inside = join(tag("style", Markup(style)), tag("div", class_="explorer"))
    return tag("div", tag("template", inside, shadowrootmode="open"), id="host")


def _data(name: str, content: Any) -> Markup:
    """JSON for the file's script: no `<` in it, so that no text can end the element."""
    return tag("script", Markup(json.dumps(content).replace("<", "\\u003c")), id=name, type="application/json")


def _modules() -> dict[str, str]:
    """Each module of the explorer under its name as an address that holds it."""
    found = {}
    for path in sorted(_EXPLORER.glob("*.js")):
        source = _IMPORT.sub(r'from "\1"', path.read_text(encoding="utf-8"))
        found[path.name] = f"data:text/javascript;base64,{base64.b64encode(source.encode()).decode()}"
    return found


def _style() -> str:
    return "\n".join(
        (theme.style_sheet(), theme.streamlit_properties(), (theme.ASSETS / "file.css").read_text("utf-8"))
    )
