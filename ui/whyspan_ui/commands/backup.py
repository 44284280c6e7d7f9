"""`whyspan backup`: everything stored in one file, while the collector goes on working."""

import argparse
from pathlib import Path
from typing import Final

from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan backup whyspan-backup.duckdb",
    "whyspan backup /mnt/nightly/$(date +%F).duckdb --data ./.whyspan",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        help="the file to write; one that exists is replaced when the copy is complete",
    )
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the backup."""
    with access.opened(options) as store:
        try:
            store.backup(options.path)
        except OSError as error:
            raise UsageError(f"{options.path} cannot be written: {error.strerror}") from error
    size = options.path.stat().st_size / 1e6
    terminal.out.print(
        terminal.text(f"Wrote {options.path.absolute()} ({size:,.1f} MB). `whyspan restore` brings it back."),
        soft_wrap=True,
    )
    return 0
