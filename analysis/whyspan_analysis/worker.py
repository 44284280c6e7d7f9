"""The worker process: diagnoses every run once it has settled, for as long as it lives.

It asks the running collector, never the database file, which would keep a restarting collector out of its own store.
"""

import argparse
import logging
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.duties import Duties
from whyspan_analysis.incidents.examples import pin_examples
from whyspan_analysis.rules.arrival import check_settled
from whyspan_collector.client import RemoteStore
from whyspan_collector.config import Config, load
from whyspan_collector.errors import StoreError
from whyspan_collector.service import running_collector

ROUND_SECONDS: Final = 1.0
"""Pause between two rounds: a run waits `quiet_seconds` anyway, and an idle round is one cheap query."""
LONGEST_PAUSE_SECONDS: Final = 5.0
"""Between two looks for a collector that is away: its restart takes seconds, and a look costs reading a small file."""

_log = logging.getLogger(__name__)


def work(settings: Config, dashboard: str | None, stopped: threading.Event) -> None:
    """Diagnoses settled runs, and does what is due, until `stopped` is set; a round that has begun is finished."""
    pause, duties = ROUND_SECONDS, Duties(settings, dashboard)
    while not stopped.wait(pause):
        url = running_collector(settings.data)
        if url is None:
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
            continue
        try:
            with closing(RemoteStore(url)) as store:
                done = diagnose_pending(store, settled_before_ns=time.time_ns() - round(settings.quiet_seconds * 1e9))
                if done:
                    pin_examples(store)
                check_settled(store, time.time_ns() - round(settings.quiet_seconds * 1e9))
                duties.do(store)
        except StoreError as error:
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
            _log.warning("the collector cannot be asked, next try in %.0f s: %s", pause, error)
            continue
        pause = ROUND_SECONDS
        if done:
            _log.info("diagnosed %d runs", done)


def main(arguments: Sequence[str] | None = None) -> None:
    """Works until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m whyspan_analysis.worker", description="The Whyspan analysis worker."
    )
    parser.add_argument("--data", type=Path, help="the data folder (WHYSPAN_DATA, else ./.whyspan)")
    parser.add_argument(
        "--dashboard", metavar="URL", help="the address of the dashboard, for links in reports and messages"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    work(load(data=options.data), options.dashboard, stopped)


if __name__ == "__main__":
    main()
