"""`whyspan delete`: whole runs gone from every table, text and file of the data folder, and the space given back."""

import argparse
from typing import Any, Final

from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan delete 4bf92f35",
    "whyspan delete --matching user:ann@example.com --yes      # everything of one person",
    "whyspan delete --matching 'before:90d status:ok'          # says how many; --yes deletes them",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument(
        "runs", metavar="RUN", nargs="*", help="any unique beginning of a run id, a trace id, or the agent's own run id"
    )
    parser.add_argument(
        "--matching", metavar="FILTER", help="all runs this filter holds for (docs/filter.md); needs --yes"
    )
    parser.add_argument("--yes", action="store_true", help="delete what --matching finds, without asking")
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Deletes the runs."""
    if bool(options.runs) == bool(options.matching):
        raise UsageError("name the runs to delete, or say --matching FILTER")
    wanted = access.checked_filter(options.matching or "")
    with access.opened(options) as store:
        if options.runs:
            run_ids = [access.find_run(store, reference) for reference in options.runs]
        else:
            run_ids = store.query("runs", filter=wanted)["run_id"].to_pylist()
            if not options.yes:
                raise UsageError(f"{len(run_ids):,} runs match; --yes deletes them, for ever")
        before = store.status()
        deleted = store.delete(run_ids)
        after = store.status()
    freed = sum(_bytes(before)) - sum(_bytes(after))
    terminal.out.print(f"Deleted {deleted:,} runs; the data is {max(freed, 0) / 1e6:,.1f} MB smaller.")
    return 0


def _bytes(status: dict[str, Any]) -> tuple[int, int, int]:
    return status["file_bytes"], status["wal_bytes"], status["texts"]["file_bytes"]
