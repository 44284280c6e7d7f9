"""How a command gets at the data: the folder, the store behind it, and the run somebody named."""

import argparse
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.rules.arrival import check_settled
from whyspan_collector.client import RemoteStore
from whyspan_collector.config import Config, WrongSetting
from whyspan_collector.config import load as load_config
from whyspan_collector.errors import QueryError, StoreError
from whyspan_collector.filter import FilterError, WrongValue, moment_ns, parse
from whyspan_collector.journal import JournalUnavailable
from whyspan_collector.service import AnyStore, open_store
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import progress


def add_actions(parser: argparse.ArgumentParser, actions: Mapping[str, str], default: str = "list") -> None:
    """Adds `[ACTION] [WORD ...]`, and the actions with what they do to the description. Without one it lists, or does the default."""
    width = max(map(len, actions)) + 1
    listed = "\n".join(f"  {action:<{width}} {words}" for action, words in actions.items())
    parser.description = f"{parser.description}\n\nactions:\n{listed}"
    parser.add_argument(
        "action", metavar="ACTION", nargs="?", choices=tuple(actions), default=default, help=f"(default: {default})"
    )
    parser.add_argument(
        "words", metavar="WORD", nargs="*", help="what the action takes; an ID is any unique beginning of one"
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Adds `--data DIR`, which every command takes."""
    parser.add_argument(
        "--data", metavar="DIR", type=Path, help="data folder (default: $WHYSPAN_DATA, else ./.whyspan)"
    )


def add_since(parser: argparse.ArgumentParser) -> None:
    """Adds `--since AGE`."""
    parser.add_argument(
        "--since", metavar="AGE", type=since_ns, help="only runs that started since then: 90m, 24h, 7d, or a date"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds `--json`."""
    parser.add_argument("--json", action="store_true", help="one JSON document for machines (schemas: docs/schemas)")


def since_ns(text: str) -> int:
    """The time that `90m`, `24h`, `7d` or an ISO 8601 date means, in nanoseconds since the epoch."""
    try:
        return moment_ns(text, time.time_ns())
    except WrongValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_filter(parser: argparse.ArgumentParser, subject: str = "runs") -> None:
    """Adds `[FILTER ...]` for runs or spans, several arguments being one filter."""
    parser.add_argument(
        "filter",
        metavar="FILTER",
        nargs="*",
        help=f"only {subject} this holds for: words, and tests such as status:failed tool:refund* duration>5s (docs/filter.md)",
    )


def filter_text(options: argparse.Namespace) -> str:
    """The filter that was given, empty where none was. Raises UsageError when it is none."""
    return checked_filter(" ".join(options.filter))


def checked_filter(text: str) -> str:
    """The filter, if it is one. Raises UsageError, pointing to the place, when it is none."""
    try:
        parse(text)
    except FilterError as error:
        before = one_line(text[max(0, error.position - 60) : error.position], 60) if error.position else ""
        after = one_line(text[error.position :], 40)
        raise UsageError(f"{error}\n  {before}{after}\n  {' ' * len(before)}^") from error
    return text


def config(options: argparse.Namespace) -> Config:
    """The settings, the data folder among them. Raises UsageError for a setting that makes no sense."""
    try:
        return load_config(data=options.data)
    except WrongSetting as error:
        raise UsageError(str(error)) from error


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[AnyStore]:
    """The store of an existing data folder, from the running collector or the file itself.

    Raises:
        UsageError: there is no such folder, or its store cannot be used.
    """
    folder = config(options).data
    if not folder.is_dir():
        raise UsageError(
            f"there is no data in {folder.absolute()}.\n"
            "Fill it with `whyspan import PATH` or `whyspan up`, or name another folder with --data or WHYSPAN_DATA."
        )
    with usable(folder) as store:
        yield store


@contextmanager
def usable(folder: Path) -> Iterator[AnyStore]:
    """The store of a data folder, created where there is none. Raises UsageError when it cannot be used."""
    try:
        with closing(open_store(folder)) as store:
            yield store
    except QueryError:
        raise
    except (StoreError, JournalUnavailable) as error:
        raise UsageError(str(error)) from error


def diagnose_settled(store: AnyStore, quiet_seconds: float) -> None:
    """Diagnoses what is not diagnosed yet, and looks for the rules in force. Where a collector runs, only the runs that have gone quiet: more may be on the way."""
    quiet_ns = round(quiet_seconds * 1e9) if isinstance(store, RemoteStore) else None
    with progress("diagnosing") as advance:
        before_ns = None if quiet_ns is None else time.time_ns() - quiet_ns
        diagnose_pending(store, settled_before_ns=before_ns, progress=advance)
        check_settled(store, before_ns)


def find_run(store: AnyStore, reference: str) -> str:
    """The id of the run a reference means: any unique beginning of its id, a trace id or the agent's own run id.

    Raises:
        UsageError: it means no run, or several.
    """
    found = store.query("resolve_run", reference=reference)["run_id"].to_pylist()
    if len(found) == 1:
        return str(found[0])
    if not found:
        hint = "write at least four characters of it" if len(reference) < 4 else "`whyspan runs` lists what there is"
        raise UsageError(f"no run {reference!r}; {hint}")
    listed = "\n".join(f"  {run_id}" for run_id in found[:10])
    more = f"\n  ... and {len(found) - 10} more" if len(found) > 10 else ""
    raise UsageError(f"{reference!r} means {len(found)} runs; write more of one of them:\n{listed}{more}")
