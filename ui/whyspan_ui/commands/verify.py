"""`whyspan verify`: whether the logs of rules and incidents, and the spans of runs, are what was written."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from whyspan_analysis.audit.verified import LOGS, Verified, of_log, of_run
from whyspan_collector.chains import Chain, Chained, read_chains, words
from whyspan_collector.portions import portions
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.terminal import out, text

EXAMPLES: Final = (
    "whyspan verify                                     # the logs of what people did about rules and incidents",
    "whyspan verify 4bf92f35                            # the spans of a run",
    "whyspan verify --all --json > hashes.jsonl         # of every run; kept elsewhere, they tell what was written anew",
)
_STYLES: Final = {Chained.WHOLE: "green", Chained.OPEN: "yellow", Chained.BROKEN: "bold red", Chained.NONE: "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, or none for the logs."""
    parser.add_argument("runs", metavar="RUN", nargs="*", help="any unique beginning of a run id")
    parser.add_argument("--all", action="store_true", help="the logs, and every stored run")
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Follows the chains of hashes. 1 when a link of one is broken."""
    broken = 0
    with access.opened(options) as store:
        run_ids = [access.find_run(store, reference) for reference in options.runs]
        if not run_ids:
            for name, (query, _) in LOGS.items():
                log = of_log(name, store.query(query).to_pylist())
                broken += log.state is Chained.BROKEN
                _print(log, _log_words(log), as_json=options.json)
        for run_id, chain in _chains(store, None if options.all else run_ids):
            broken += chain.state is Chained.BROKEN
            _print(of_run(run_id, chain), words(chain), as_json=options.json)
    return int(broken > 0)


def _chains(store: AnyStore, run_ids: Sequence[str] | None) -> Iterator[tuple[str, Chain]]:
    """Of these runs, or of all."""
    rows = store.query("runs").to_pylist()
    for some in portions(row for row in rows if run_ids is None or row["run_id"] in run_ids):
        yield from read_chains(store.query, some)


def _log_words(log: Verified) -> Iterator[str]:
    if log.broken_at is not None:
        yield f"Not what was written, from entry {log.broken_at} of {log.entries} on."
    else:
        yield f"{log.entries:,} {'entry' if log.entries == 1 else 'entries'}{f', the last with hash {log.last}' if log.last else ''}."
    if log.not_chained:
        yield f"Not chained: the first {log.not_chained}, written before this log had a chain. Nothing can be said of what they say."


def _print(verified: Verified, sentences: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(verified.model_dump_json(by_alias=True))
        return
    name = f"run {verified.run_id}" if verified.run_id else f"log of the {verified.chain}"
    out.print(text(f"{name}  ", (verified.state.value, _STYLES[verified.state])))
    for sentence in sentences:
        out.print(f"  {sentence}", soft_wrap=True)
