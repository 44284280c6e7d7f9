"""`whyspan sql`: a SELECT of one's own over the canonical tables."""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.table import Table

from whyspan_collector.errors import QueryError
from whyspan_collector.sandbox import Bounds, ask
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import one_line

EXAMPLES: Final = (
    'whyspan sql "show tables"',
    'whyspan sql "describe spans"',
    "whyspan sql \"select tool, count(*) n, count(*) filter (status = 'error') failed from spans group by tool order by n desc\"",
    'whyspan sql "select agent, sum(cost) from runs group by agent" --json',
)
_WIDTH: Final = 80
"""Characters of a value that are shown to people; `--json` has all of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to ask, and how much it may take."""
    usual = Bounds()
    parser.add_argument(
        "question", metavar="SELECT", help="one SELECT, in DuckDB's SQL; it is answered on a copy that is made for it"
    )
    parser.add_argument(
        "--limit", metavar="N", type=int, default=usual.rows, help="at most N rows (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", metavar="N", type=int, default=usual.seconds, help="at most so long (default: %(default)s)"
    )
    parser.add_argument(
        "--memory",
        metavar="MIB",
        type=int,
        default=usual.memory_mib,
        help="at most so much memory (default: %(default)s)",
    )
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Answers the question."""
    folder = access.config(options).data
    bounds = Bounds(options.seconds, options.memory, options.limit)
    with access.opened(options) as store, TemporaryDirectory(prefix="sql-", dir=folder) as copies:
        store.backup(Path(copies) / "copy.duckdb")
        try:
            answer, is_cut = ask(Path(copies) / "copy.duckdb", options.question, bounds)
        except QueryError as error:
            raise UsageError(str(error)) from error
    if options.json:
        for row in answer.to_pylist():
            sys.stdout.write(json.dumps(row, default=str) + "\n")
    else:
        table = Table(*answer.column_names, box=None, pad_edge=False)
        for row in answer.to_pylist():
            table.add_row(
                *(terminal.text(one_line("" if value is None else str(value), _WIDTH)) for value in row.values())
            )
        terminal.out.print(table)
    if is_cut:
        terminal.err.print(f"Only the first {options.limit:,} rows; --limit gives more.")
    return 0
