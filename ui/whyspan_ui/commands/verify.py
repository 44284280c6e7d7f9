"""`whyspan verify`: whether the log of the rules, and the spans of runs, are what was written."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from whyspan_collector.chains import Chain, Chained, read_chains, words
from whyspan_collector.portions import portions
from whyspan_collector.rule_events import broken_at
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.terminal import out, text

EXAMPLES: Final = (
    "whyspan verify                                     # the log of the rules",
    "whyspan verify 4bf92f35                            # the spans of a run",
    "whyspan verify --all --json > hashes.jsonl         # of every run; kept elsewhere, they tell what was written anew",
)
_STYLES: Final = {Chained.WHOLE: "green", Chained.OPEN: "yellow", Chained.BROKEN: "bold red", Chained.NONE: "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, or none for the log of the rules."""
    parser.add_argument("runs", metavar="RUN", nargs="*", help="any unique beginning of a run id")
    parser.add_argument("--all", action="store_true", help="the log of the rules, and every stored run")
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Follows the chains of hashes. 1 when a link of one is broken."""
    with access.opened(options) as store:
        run_ids = [access.find_run(store, reference) for reference in options.runs]
        log_holds = bool(run_ids) or _log(store, as_json=options.json)
        broken = 0
        for run_id, chain in _chains(store, None if options.all else run_ids):
            broken += chain.state is Chained.BROKEN
            _print(run_id, chain, as_json=options.json)
    return int(broken > 0 or not log_holds)


def _chains(store: AnyStore, run_ids: Sequence[str] | None) -> Iterator[tuple[str, Chain]]:
    """Of these runs, or of all."""
    rows = store.query("runs").to_pylist()
    for some in portions(row for row in rows if run_ids is None or row["run_id"] in run_ids):
        yield from read_chains(store.query, some)


def _log(store: AnyStore, *, as_json: bool) -> bool:
    events = store.query("rule_events").to_pylist()
    at = broken_at(events)
    last = events[-1]["hash"] if events else None
    if as_json:
        document = {"schema": "whyspan.verify/1", "log": "rules", "state": "whole" if at is None else "broken"}
        terminal.print_json(json.dumps(document | {"entries": len(events), "broken_at": at, "last": last}))
    elif at is not None:
        out.print(f"the log of the rules is not what was written, from entry {at} of {len(events)} on")
    else:
        hashed = f", the last with hash {last}" if last else ""
        out.print(f"the log of the rules is whole: {len(events)} entries{hashed}")
    return at is None


def _print(run_id: str, chain: Chain, *, as_json: bool) -> None:
    if as_json:
        document = {"schema": "whyspan.verify/1", "run_id": run_id, "state": chain.state, **asdict(chain)}
        terminal.print_json(json.dumps(document))
        return
    out.print(text(f"run {run_id}  ", (chain.state.value, _STYLES[chain.state])))
    for sentence in words(chain):
        out.print(f"  {sentence}", soft_wrap=True)
