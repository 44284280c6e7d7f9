"""`whyspan runs`: the stored runs, failed ones first for people, in the order they began for machines."""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.text import Text

from whyspan_analysis.output.runs import runs_document
from whyspan_collector.search import Excerpt
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.printable import one_line

EXAMPLES: Final = (
    "whyspan runs",
    "whyspan runs status:failed since:24h",
    "whyspan runs 'text:\"gift card\"'",
    "whyspan runs 'agent:support* tool:refund_order duration>5s not env:test' --limit 20",
    "whyspan runs --json | jq '.runs[] | select(.grade == \"strong\")'",
)
_WITH_EXCERPTS: Final = 100
"""Runs of which the words around a hit are shown; each takes a search of its own."""
_ORDER: Final = {"failed": 0, "unknown": 1, None: 2, "ok": 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to list."""
    access.add_filter(parser)
    parser.add_argument("--limit", metavar="N", type=int, help="at most the N newest")
    access.add_since(parser)
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Lists the runs."""
    wanted = access.filter_text(options)
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        rows = store.query("runs", filter=wanted, since_ns=options.since, limit=options.limit).to_pylist()
        excerpts = [] if options.json else store.excerpts(wanted, [row["run_id"] for row in rows[:_WITH_EXCERPTS]])
        behind = store.status()["texts"]["behind"] if excerpts or (wanted and not rows) else 0
    if options.json:
        terminal.print_json(runs_document(rows).model_dump_json())
    else:
        preparations = 0
        if not wanted:
            preparations = sum(row["setup"] for row in rows)
            rows = [row for row in rows if not row["setup"]]
        print_runs(rows, excerpts, is_filtered=bool(wanted or options.since is not None))
        if preparations:
            terminal.err.print(
                f"{preparations:,} more are nothing but preparations; `whyspan runs setup:yes` lists them."
            )
        if behind:
            terminal.err.print(f"The texts of {behind:,} traces are not searchable yet; they are being indexed.")
    return 0


def print_runs(rows: list[dict[str, Any]], excerpts: Sequence[Excerpt], *, is_filtered: bool) -> None:
    """The runs, failed ones first, the newest of each outcome first, with the verdict below those that have one.

    Below a run stands also where it says what was searched for: the words around it and the span.
    """
    if not rows and is_filtered:
        terminal.err.print("No run matches. `whyspan runs` lists all; docs/filter.md says what a filter can test.")
        return
    if not rows:
        terminal.err.print(
            "No runs. `whyspan import PATH` stores recorded ones, `whyspan up` takes them from your agents."
        )
        return
    names = short_ids(row["run_id"] for row in rows)
    lines = [
        (
            (
                names[row["run_id"]],
                terminal.word(row["outcome"] or "arriving"),
                terminal.word(row["grade"]) if row["outcome"] == "failed" else "",
                started(row),
                one_line(row["agent"] or row["name"], 32),
            ),
            [
                *([terminal.sentence(row["verdict"])] if row["verdict"] else []),
                *(excerpt(each) for each in excerpts if each.run_id == row["run_id"]),
            ],
        )
        for row in sorted(rows, key=lambda row: _ORDER[row["outcome"]])
    ]
    terminal.print_list(("run", "outcome", "cause", "started (UTC)", "agent"), lines)


def excerpt(found: Excerpt) -> Text:
    """The words around a hit, the hit bold, and the span it is in."""
    place = f"  span {found.span_id} {found.place}"
    return terminal.text("“", found.before, (found.hit, "bold"), found.after, "”", (place, "dim"))


def started(row: dict[str, Any]) -> str:
    """When the run began, to the minute; `unknown` where its clock cannot be trusted."""
    if not row["clock_valid"]:
        return "unknown"
    return f"{datetime.fromtimestamp(row['start_ns'] / 1e9, UTC):%Y-%m-%d %H:%M}"


def short_ids(run_ids: Iterable[str]) -> dict[str, str]:
    """Run id -> what to type for it: its first 12 characters, or all of it where several runs begin so."""
    every = list(run_ids)
    beginnings = Counter(run_id[:12] for run_id in every)
    return {run_id: run_id if beginnings[run_id[:12]] > 1 else run_id[:12] for run_id in every}
