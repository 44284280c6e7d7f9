"""`whyspan restore`: a backup in the place of what is stored."""

import argparse
from pathlib import Path
from typing import Final

from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan restore whyspan-backup.duckdb",
    "whyspan restore whyspan-backup.duckdb --replace     # what is stored now goes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which backup."""
    parser.add_argument("path", metavar="PATH", type=Path, help="a file that `whyspan backup` wrote")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="also where runs are stored, which are lost unless they are in the backup",
    )
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Restores the backup."""
    if not options.path.is_file():
        raise UsageError(f"there is no file {options.path}")
    with access.usable(access.config(options).data) as store:
        stored = store.status()["runs"]
        if stored and not options.replace:
            raise UsageError(
                f"{stored:,} runs are stored here; --replace puts the backup in their place, or name another folder with --data"
            )
        store.restore(options.path)
        restored = store.status()["runs"]
    terminal.out.print(f"Restored {restored:,} runs. `whyspan runs` lists them.")
    return 0
