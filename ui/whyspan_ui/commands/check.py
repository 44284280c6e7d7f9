"""`whyspan check`: whether runs keep the rules, for a build that must fail when they do not."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from whyspan.rules.rule import CompiledRule, RuleStatus, compile_rule
from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.rules.check import Broken, check, junit, sarif
from whyspan_analysis.rules.files import WrongRules, read_rules
from whyspan_analysis.rules.stored import kept_rules, past_runs
from whyspan_collector import otlp
from whyspan_collector.service import AnyStore
from whyspan_collector.store import Store
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan check                                        # the stored runs, with the rules that are in force",
    "whyspan check --since 24h --rules rules.yaml",
    "whyspan check traces/ --rules rules.yaml             # OTLP files, without a data folder",
    "whyspan check traces/ --rules rules.yaml --format junit -o rules.xml",
    "whyspan check traces/ --rules rules.yaml --format sarif -o rules.sarif",
)
MAX_BYTES: Final = 1 << 28
"""Size of one OTLP request."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, which rules, in which form."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="OTLP files and folders (default: the stored runs)"
    )
    parser.add_argument(
        "--rules", metavar="FILE", type=Path, help="a file of rules (default: the rules in force in the data folder)"
    )
    parser.add_argument("--format", choices=("text", "junit", "sarif"), default="text", help="(default: text)")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to write (default: standard output)")
    access.add_since(parser)
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Checks the runs. 1 when one of them breaks a rule that is not in shadow."""
    if options.paths and options.rules is None:
        raise UsageError("name the rules with --rules FILE; files of traces know of none")
    rules = _read(options.rules) if options.rules is not None else []
    with _runs(options) as store:
        rules = rules or [compile_rule(rule) for rule in kept_rules(store) if rule.status is not RuleStatus.CANDIDATE]
        if not rules:
            raise UsageError("no rule is in force; `whyspan rules activate ID --by NAME`, or name a file with --rules")
        looked, broken = check(rules, past_runs(store, since_ns=options.since))
    if looked == 0:
        raise UsageError("there is no run to check: nothing in what was named is a span")
    _print(options, rules, looked, broken)
    return int(any(each.counts for each in broken))


def _read(path: Path) -> list[CompiledRule]:
    try:
        return read_rules(path)
    except WrongRules as error:
        raise UsageError(str(error)) from error


@contextmanager
def _runs(options: argparse.Namespace) -> Iterator[AnyStore]:
    """The store of the data folder, or one for the moment that holds what the files hold."""
    if not options.paths:
        with access.opened(options) as store:
            access.diagnose_settled(store, access.config(options).quiet_seconds)
            yield store
        return
    with TemporaryDirectory(prefix="whyspan-check-") as folder, closing(Store(Path(folder))) as store:
        for path in _files(options.paths):
            _take(store, path)
        diagnose_pending(store)
        yield store


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"there is no {path}")


def _take(store: Store, path: Path) -> None:
    """Files of a folder that are no OTLP are passed over, as `whyspan import` does."""
    try:
        batches = [
            otlp.decode(each.signal, each.body, each.encoding) for each in otlp.requests(path.read_bytes(), MAX_BYTES)
        ]
    except (otlp.Malformed, OSError) as error:
        terminal.err.print(terminal.text(("passed over  ", "dim"), f"{path}: {error}"))
        return
    for batch in batches:
        store.ingest(batch.spans, batch.logs, arrived_ns=1)


def _print(options: argparse.Namespace, rules: Sequence[CompiledRule], looked: int, broken: Sequence[Broken]) -> None:
    if options.format == "text":
        written = "".join(f"{'broken' if each.counts else 'shadow'}  {each.message}\n" for each in broken)
        kept = len(rules) - len({each.rule.id for each in broken})
        written += f"{looked} runs, {len(rules)} rules: {kept} kept by every run\n"
    elif options.format == "junit":
        written = junit(rules, looked, broken)
    else:
        written = sarif(rules, broken, options.rules.as_posix() if options.rules is not None else "whyspan-rules")
    if options.output is None:
        terminal.print_plain(written.rstrip("\n"))
        return
    try:
        options.output.write_text(written, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{options.output} cannot be written: {error.strerror}") from error
