"""`whyspan pins`: the runs that retention leaves alone, and which those are."""

import argparse
from typing import Any, Final

from whyspan_analysis.output.runs import pins_document
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.commands.runs import short_ids, started
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import one_line

EXAMPLES: Final = (
    "whyspan pins",
    "whyspan pins add 4bf92f35 --reason 'postmortem of 12 May'",
    "whyspan pins remove 4bf92f35                              # whatever it was pinned for",
    "whyspan pins remove 4bf92f35 --reason 'postmortem of 12 May'",
)
_REASON: Final = "pinned by hand"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which runs."""
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=("list", "add", "remove"),
        default="list",
        help="list, add or remove (default: list)",
    )
    parser.add_argument(
        "runs", metavar="RUN", nargs="*", help="any unique beginning of a run id, a trace id, or the agent's own run id"
    )
    parser.add_argument(
        "--reason", metavar="TEXT", help=f"why; add: {_REASON!r} where none is given; remove: only pins of it"
    )
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Lists or changes the pins."""
    if (options.action == "list") == bool(options.runs):
        raise UsageError("name the runs behind add or remove, and none to list")
    with access.opened(options) as store:
        run_ids = [access.find_run(store, reference) for reference in options.runs]
        if options.action == "add":
            store.pin(run_ids, options.reason or _REASON)
        elif options.action == "remove":
            store.unpin(run_ids, options.reason)
        rows = store.query("pins").to_pylist()
    if options.json:
        terminal.print_json(pins_document(rows).model_dump_json())
    elif rows:
        print_pins(rows)
    else:
        terminal.err.print("No run is pinned. `whyspan pins add RUN` keeps retention away from one.")
    return 0


def print_pins(rows: list[dict[str, Any]]) -> None:
    """The pinned runs with the reasons."""
    names = short_ids(row["run_id"] for row in rows)
    lines = [
        (
            (
                names[row["run_id"]],
                started(row),
                one_line(row["agent"] or row["name"], 32),
                one_line("; ".join(row["reasons"]), 80),
            ),
            (),
        )
        for row in rows
    ]
    terminal.print_list(("run", "started (UTC)", "agent", "pinned for"), lines)
