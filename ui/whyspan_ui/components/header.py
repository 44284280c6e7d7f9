"""The line over a run: which run, how it ended, when, and its size."""

from typing import Any

from whyspan_analysis.fleet import COSTS
from whyspan_analysis.report import wording
from whyspan_ui.components import badges, figures, live
from whyspan_ui.components.markup import Markup, tag


def header(row: dict[str, Any], *actions: Markup | None) -> Markup:
    """One line: which run, how it ended, when, and its size, then what can be done with it."""
    facts = [
        figures.moment(row["start_ns"]),
        wording.count(row["spans"], "span"),
        wording.count(row["model_calls"], "model call"),
        wording.count(row["tool_calls"], "tool call"),
    ]
    elapsed = figures.elapsed_ms(row["start_ns"], row["end_ns"])
    if elapsed is not None:
        facts.insert(1, wording.duration(elapsed))
    known = [row["input_tokens"], row["output_tokens"]]
    if any(tokens is not None for tokens in known):
        facts.append(f"{figures.compact(sum(tokens or 0 for tokens in known))} tokens")
    calls = [row[name] for name in COSTS]
    if any(calls):
        facts.append(f"cost {wording.cost(row['cost'], *calls)}")
    return tag(
        "div",
        tag("h1", tag("bdi", row["agent"] or row["name"])),
        tag("span", "/ ", tag("code", row["run_id"]), class_="muted"),
        badges.arriving()
        if live.is_arriving(row["last_arrived_ns"], row["pending"])
        else badges.outcome(row["outcome"] or "unknown"),
        None if row["complete"] else tag("span", "incomplete", class_="badge incomplete", title="Spans are missing"),
        tag("span", " · ".join(facts), class_="muted"),
        *actions,
        class_="run-header",
    )


def actions(run_id: str, *, failed: bool) -> tuple[Markup | None, ...]:
    """Links to the comparison and to a rule against a failure, and a menu to copy the diagnosis or take the page away. Copying is done by assets/explorer/copy.js."""
    api = f"/api/runs/{run_id}"
    copies = (
        ("Copy link", {"data_copy": "{link}"}),
        ("Copy as JSON", {"data_copy_from": f"{api}/diagnosis.json"}),
        ("Copy as Markdown", {"data_copy_from": f"{api}/diagnosis.md"}),
        ("Copy as curl", {"data_copy": f"curl -s {{origin}}{api}/diagnosis.json"}),
    )
    menu = tag(
        "details",
        tag("summary", "Share"),
        tag(
            "div",
            *(tag("button", words, type="button", **how) for words, how in copies),
            tag("a", "Save as HTML file", href=f"{api}/page.html", download=f"whyspan-{run_id}.html"),
            class_="menu",
        ),
        class_="share",
    )
    compare = tag("a", "Compare", href=f"compare?a={run_id}", target="_self", title="Beside the most alike passing run")
    rule = tag("a", "Propose a rule", href=f"rules?run={run_id}", target="_self", title="That would have stopped it")
    return compare, rule if failed else None, menu
