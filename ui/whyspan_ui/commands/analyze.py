"""`whyspan analyze`: diagnoses what is not diagnosed yet, with several processes, from where it stopped last."""

import argparse
import os
import time
from typing import Final

from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.incidents.examples import pin_examples
from whyspan_analysis.report.wording import count, duration
from whyspan_collector.client import RemoteStore
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan analyze",
    "whyspan analyze --since 7d --workers 4",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, and with how many processes."""
    access.add_since(parser)
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        help="processes that diagnose (default: one for each processor, here %(default)s)",
    )
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Diagnoses the runs that are settled and have no diagnosis of their present state; one that is stopped goes on next time."""
    if options.workers < 1:
        raise UsageError("--workers must be at least 1")
    settings = access.config(options)
    began = time.monotonic()
    with access.opened(options) as store, terminal.progress("diagnosing") as advance:
        quiet = time.time_ns() - round(settings.quiet_seconds * 1e9) if isinstance(store, RemoteStore) else None
        done = diagnose_pending(
            store, settled_before_ns=quiet, since_ns=options.since, workers=options.workers, progress=advance
        )
        pin_examples(store)
    if done:
        seconds = time.monotonic() - began
        terminal.err.print(
            f"{count(done, 'run')} diagnosed in {duration(seconds * 1000)}, {done / seconds:.0f} a second."
        )
    else:
        terminal.err.print("Nothing to do: every settled run has a diagnosis of its present state.")
    return 0
