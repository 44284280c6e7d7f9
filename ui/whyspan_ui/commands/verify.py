"""`whyspan verify`: whether the log of the rules is what was written."""

import argparse
from typing import Final

from whyspan_collector.rule_events import broken_at
from whyspan_ui import terminal
from whyspan_ui.commands import access

EXAMPLES: Final = ("whyspan verify", "whyspan verify --data /var/lib/whyspan")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which data."""
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Follows the chain of hashes. 1 when a link of it is broken."""
    with access.opened(options) as store:
        events = store.query("rule_events").to_pylist()
    at = broken_at(events)
    if at is not None:
        terminal.out.print(f"the log of the rules is not what was written, from entry {at} of {len(events)} on")
        return 1
    last = f", the last with hash {events[-1]['hash']}" if events else ""
    terminal.out.print(f"the log of the rules is whole: {len(events)} entries{last}")
    return 0
