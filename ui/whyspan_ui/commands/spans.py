"""`whyspan spans`: the spans a filter holds for, newest first."""

import argparse
from typing import Any, Final

from whyspan_analysis.output.spans import spans_document
from whyspan_analysis.report import wording
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.commands.runs import short_ids
from whyspan_ui.printable import one_line

EXAMPLES: Final = (
    "whyspan spans ended:error since:24h",
    "whyspan spans tool:refund_order duration>5s",
    "whyspan spans 'kind:model_call status:failed tokens>10k' --limit 20",
    "whyspan spans run:4bf92f35* kind:tool --json | jq '.spans[].tool'",
)
_LIMIT: Final = 100
"""Spans listed unless told otherwise; a store has thousands of times as many as runs."""
_WIDTH: Final = 160
"""Characters of an error that are shown; `--json` has all of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to list."""
    access.add_filter(parser, "spans")
    parser.add_argument(
        "--limit", metavar="N", type=int, default=_LIMIT, help="at most the N newest (default: %(default)s)"
    )
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Lists the spans."""
    wanted = access.filter_text(options)
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        rows = store.query("spans", span_filter=wanted, limit=options.limit).to_pylist()
    if options.json:
        terminal.print_json(spans_document(rows).model_dump_json())
    elif rows:
        print_spans(rows)
    else:
        terminal.err.print("No span matches. docs/filter.md says what a filter can test.")
    if len(rows) == options.limit:
        terminal.err.print(f"Only the {options.limit:,} newest; --limit gives more.")
    return 0


def print_spans(rows: list[dict[str, Any]]) -> None:
    """The spans in the order given, the error below those that have one."""
    names = short_ids({row["run_id"]: None for row in rows})
    lines = [
        (
            (row["span_id"], names[row["run_id"]], row["kind"], ended(row), took(row), one_line(row["name"], 60)),
            [terminal.text((one_line(said, _WIDTH), "red")) for said in errors(row)],
        )
        for row in rows
    ]
    terminal.print_list(("span", "run", "kind", "ended", "took", "name"), lines)


def ended(row: dict[str, Any]) -> str:
    """How the span ended, in OpenTelemetry's words; `pending` while it has not."""
    return str(row["status"]) if row["end_ns"] else "pending"


def took(row: dict[str, Any]) -> str:
    """How long it took, empty where that is not known."""
    return wording.duration((row["end_ns"] - row["start_ns"]) / 1e6) if row["end_ns"] >= row["start_ns"] else ""


def errors(row: dict[str, Any]) -> list[str]:
    """Type and message of its error on one line, if it has any."""
    said = [row["error_type"], row["error_message"] or row["status_message"]]
    return [": ".join(each for each in said if each)] if any(said) else []
