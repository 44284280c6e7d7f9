"""The report as Markdown, short enough for the summary of a CI job. Text from traces is escaped or a code span, never markup."""

import re
from collections.abc import Sequence
from typing import Any

from whyspan_analysis.incidents.model import ExampleRun
from whyspan_analysis.incidents.words import prevention_words
from whyspan_analysis.report.model import Cause, Comparison, Example, Link, Report, Sentence, Spending
from whyspan_analysis.report.wording import cost, count, dollars, number, percent, pieces, when

_EXAMPLES = 1
"""Per cause: a job summary is skimmed; the HTML report has more."""
_METHOD = (
    "Every verdict was computed from the traces by rules, without a language model. A grade (suspect, likely, strong) says how "
    "well a cause is supported; no cause was confirmed by running the agent again. Each sentence is marked recorded (the agent "
    "said so then) or derived (computed from the trace)."
)
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$#!])")


def render(report: Report) -> str:
    """The report as GitHub-flavoured Markdown."""
    lines = [
        "# Agent failures",
        "",
        *(f"- {marked(line)}{_runs(links)}" for line, links in zip(report.summary, report.summary_runs, strict=True)),
        "",
        *(_comparison(report.comparison) if report.comparison else ()),
        "## Failures by cause",
        "",
    ]
    lines += _causes(report.causes) if report.causes else ["No run failed.", ""]
    lines += ["## What it used", "", *_spending("Agent", report.agents), *_spending("Model", report.models)]
    lines += ["## What could not be judged, and why", ""]
    gaps = [*report.unjudged, *report.gaps]
    lines += [f"- {marked(gap.text)} ({count(gap.runs, 'run')})" for gap in gaps] or ["Every run was judged."]
    lines += [
        "",
        _METHOD,
        "",
        f"<sub>whyspan.report/1, {when(report.generated_at)}</sub>",
        "",
    ]
    return "\n".join(lines)


def _runs(links: Sequence[Link | ExampleRun]) -> str:
    """The runs a line speaks of, as links where the dashboard is known."""
    named = [(code(link.run_id[:12]), link.url) for link in links]
    shown = ", ".join(f"[{name}](<{url}>)" if url else name for name, url in named)
    return f" ({shown})" if shown else ""


def _comparison(comparison: Comparison) -> list[str]:
    """What is new, back, worse, better or gone; the rest is counted."""
    before, after = comparison.before, comparison.after
    changed = [cause for cause in comparison.causes if cause.verdict not in ("steady", "too few runs")]
    lines = [
        f"## What is different {escaped(after.name)}",
        "",
        (
            f"{number(after.failed)} of {count(after.runs, 'run')} failed {escaped(after.name)}, {number(before.failed)} of "
            f"{number(before.runs)} {escaped(before.name)}."
        ),
        "",
    ]
    if changed:
        lines += [f"| | Cause | {escaped(before.name)} | {escaped(after.name)} |", "|---|---|--:|--:|"]
    for cause in changed:
        counts = f"{cause.failed_before} of {cause.runs_before} | {cause.failed_after} of {cause.runs_after}"
        lines.append(f"| {cause.verdict} | {marked(cause.title)} | {counts} |")
    rest = len(comparison.causes) - len(changed)
    return [
        *lines,
        "",
        *([f"{count(rest, 'other cause')} did not change, or had too few runs to say.", ""] if rest else []),
    ]


def _causes(causes: list[Cause]) -> list[str]:
    lines = [
        "| Cause | Agent | Tool | Failed runs | Grades | Since version | Incident |",
        "|---|---|---|--:|---|---|---|",
    ]
    for cause in causes:
        grades = ", ".join(f"{grade} {runs}" for grade, runs in cause.grades.items() if grade != "none")
        cells = (
            escaped(cause.title),
            escaped(cause.agent or ""),
            escaped(cause.tool or ""),
            f"{cause.runs} ({percent(cause.share)})",
        )
        since = cause.incident.introduced_in
        version = escaped(since.version) if since else ""
        lines.append(f"| {' | '.join(cells)} | {grades} | {version} | {code(cause.incident.id)} |")
    lines.append("")
    for cause in causes:
        for example in cause.examples[:_EXAMPLES]:
            lines += [*_example(example), *_prevention(cause)]
    return lines


def _prevention(cause: Cause) -> list[str]:
    """What was done about a cause and whether it worked; what could be done."""
    done = cause.incident.prevention
    said = f"{f'**{done.state}**. ' if done.state else ''}{marked(prevention_words(done))}" if done else None
    could = marked(cause.proposed.text) if cause.proposed else None
    told = [f"{name}: {words}" for name, words in (("Done about it", said), ("Proposed", could)) if words]
    return [line for words in told for line in (words, "")]


def _example(example: Example) -> list[str]:
    name = code(example.run_id[:12])
    run = f"[{name}](<{example.url}>)" if example.url else name
    lines = [f"### {marked(example.verdict or 'Failed. No cause was found.')}", ""]
    grade = "" if example.grade == "none" else f"; cause: {example.grade}"
    lines += [f"Run {run}{grade}. How it ended: {marked(example.check)}", ""]
    lines += [*chain(example.chain), ""]
    if example.changed_outside:
        lines += ["Changed outside:", "", *(f"- {changed(each.model_dump())}" for each in example.changed_outside), ""]
    return lines


def chain(sentences: list[Sentence]) -> list[str]:
    """A causal chain as a numbered list, each sentence with its class and its quotes."""
    lines = []
    for position, sentence in enumerate(sentences, 1):
        lines.append(f"{position}. *{sentence.source}*: {marked(sentence.text)}")
        lines += [f"   - {code(ref.quote)} (span {code(ref.span_id)})" for ref in sentence.refs if ref.quote]
    return lines


def _spending(title: str, rows: list[Spending]) -> list[str]:
    if not rows:
        return []
    lines = [
        f"| {title} | Runs | Failed | Tokens in | Tokens out | Cost | Cost of failed |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        cells = (
            escaped(row.name or "not named"),
            number(row.runs),
            number(row.failed),
            number(row.input_tokens),
            number(row.output_tokens),
            escaped(cost(row.cost, row.costs_recorded, row.costs_derived, row.costs_unknown)),
            escaped(dollars(row.failed_cost) if row.failed else ""),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def escaped(text: str) -> str:
    """Text that renders as itself on one line: no markup, no HTML, no link of its own."""
    return _MARKUP.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("://", r":\//").replace("www.", r"www\.")


def code(text: str) -> str:
    """Text as a code span on one line, its fence longer than any run of backticks in it. Not for table cells: `|` ends them."""
    line = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def marked(text: str) -> str:
    """One of our sentences: what stands between backticks becomes a code span, the rest is escaped."""
    return "".join(code(piece) if is_code else escaped(piece) for piece, is_code in pieces(text))


def explain(diagnosis: dict[str, Any]) -> str:
    """The diagnosis of one run (`whyspan.diagnosis/1`) as Markdown, for a pull request or the summary of a CI job."""
    outcome = diagnosis["outcome"]
    title = diagnosis["verdict"] or f"{outcome['status']}: {outcome['check']}"
    lines = [
        f"## {marked(title)}",
        "",
        f"Run {code(diagnosis['run_id'])}: **{outcome['status']}**. {marked(outcome['check'])}",
    ]
    if diagnosis["grade"] != "none":
        lines.append(f"Cause: **{diagnosis['grade']}**.")
    lines += [
        "",
        "### How it came to this",
        "",
        *chain([Sentence.model_validate(told) for told in diagnosis["chain"]]),
        "",
    ]
    if diagnosis["hypotheses"]:
        first, *rivals = diagnosis["hypotheses"]
        lines += [marked(diagnosis["suspects"]["text"]), ""]
        lines += _list("What speaks against it", [marked(reason) for reason in first["against"]])
        lines += _list("Other candidates", [_rival(rival) for rival in rivals[:3]])
    lines += _list(
        "What it changed outside, or may have", [changed(change) for change in diagnosis.get("changed_outside", ())]
    )
    lines += _list("Not captured", [marked(gap) for gap in (*diagnosis["missing"], *diagnosis["cannot_tell"])])
    return "\n".join(lines)


def changed(change: dict[str, Any]) -> str:
    """One thing a run changed outside, or may have."""
    doubt = "" if change["certain"] else " (it failed, and may have happened)"
    return f"**{change['undoing']}**{doubt}: {code(change['tool'])} {code(change['arguments'])} (span {code(change['span_id'])})"


def _rival(rival: dict[str, Any]) -> str:
    where = " ".join(code(name) for name in (rival["agent"], rival["tool"]) if name) or f"span {code(rival['span_id'])}"
    found = rival["findings"][0]["message"] if rival["findings"] else "no finding here; ranked by its place in the run"
    return f"{where} ({rival['grade']}): {marked(found)}"


def _list(title: str, items: list[str]) -> list[str]:
    return [f"### {title}", "", *(f"- {item}" for item in items), ""] if items else []
