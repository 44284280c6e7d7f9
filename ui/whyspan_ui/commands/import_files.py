"""`whyspan import`: OTLP files, exported tables and folders of them, into the running collector or straight into the store.

Either way a request goes through the journal, so a crash in the middle loses nothing that was reported as taken.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

from whyspan_analysis.batch import diagnose_pending
from whyspan_collector import export, otlp
from whyspan_collector.client import RemoteStore
from whyspan_collector.config import Config
from whyspan_collector.errors import StoreError, StoreUnavailable
from whyspan_collector.ingest import Accepted, Ingest
from whyspan_collector.journal import Journal, JournalFull
from whyspan_collector.redaction import Redactor
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access

EXAMPLES: Final = (
    "whyspan import traces.jsonl",
    "whyspan import recordings/ more.pb.gz --data ./other",
    "whyspan import nightly/ --json",
)
FILE_LIMIT: Final = 1024**3
"""Largest file, inflated: it is read whole, and OTLP/JSON takes several times its size in memory."""
_SHOWN: Final = 10
"""Files and records listed for people, of each sort; `--json` lists all."""

Send: TypeAlias = Callable[[otlp.Request], Accepted]
"""Takes a request durably. Raises Malformed, or StoreError with the reason it cannot."""


@dataclass(slots=True)
class Imported:
    """What became of the files."""

    files: int = 0
    requests: int = 0
    records: Counter[str] = field(default_factory=Counter)
    """Signal -> records taken."""
    rejected: list[str] = field(default_factory=list)
    """One sentence per record that was not taken."""
    skipped: list[str] = field(default_factory=list)
    """Files found in folders that are not OTLP."""
    unreadable: list[str] = field(default_factory=list)
    """Named files and folders that could not be read, with the reason."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to import."""
    what = "a file of OTLP protobuf, JSON or JSON lines, gzipped or not, a table of `export`, or a folder of such files"
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help=what)
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Imports, waits until everything is queryable and diagnosed, and says what happened. 2 when a named file was unreadable."""
    settings = access.config(options)
    imported = Imported()
    with access.usable(settings.data) as store:
        with intake(store, settings) as send, terminal.progress("importing") as advance:
            files = list(find_files(options.paths, imported))
            for done, (path, is_named) in enumerate(files, 1):
                import_file(path, is_named, send, imported)
                advance(done, len(files))
        with terminal.progress("diagnosing") as advance:
            diagnose_pending(store, progress=advance)
        outcomes = Counter(store.query("runs")["outcome"].to_pylist())
    if options.json:
        terminal.print_json(as_json(imported, outcomes))
    else:
        print_summary(imported, outcomes)
    return 2 if imported.unreadable else 0


@contextmanager
def intake(store: AnyStore, settings: Config) -> Iterator[Send]:
    """A way in for requests; everything sent through it is queryable when the block ends."""
    if isinstance(store, RemoteStore):

        def send(request: otlp.Request) -> Accepted:
            batch = otlp.decode(request.signal, request.body, request.encoding)
            store.send(request.signal, request.body, request.encoding)
            return Accepted(len(batch.spans) + len(batch.logs) + batch.points, batch.rejected)

        yield send
        store.drain()
        return
    ingest = Ingest(store, Journal(settings.data / "journal", settings.journal_bytes), Redactor.of(settings))

    def accept(request: otlp.Request) -> Accepted:
        while True:
            try:
                return ingest.accept(request.signal, request.body, request.encoding)
            except JournalFull:
                ingest.drain()

    try:
        yield accept
    finally:
        ingest.close()


def find_files(paths: Iterable[Path], imported: Imported) -> Iterator[tuple[Path, bool]]:
    """The files to read, those of a folder in the order of their names, and whether the file itself was named."""
    for path in paths:
        if path.is_dir():
            yield from ((found, False) for found in sorted(path.rglob("*")) if found.is_file())
        elif path.exists():
            yield path, True
        else:
            imported.unreadable.append(f"{path}: there is no such file or folder")


def import_file(path: Path, is_named: bool, send: Send, imported: Imported) -> None:
    """Sends the requests of one file and notes what became of them."""
    try:
        requests, reserve = read_table(path) if is_table(path) else read_file(path)
    except (OSError, ValueError) as error:
        reason = f"{path}: {error.strerror if isinstance(error, OSError) else error}"
        (imported.unreadable if is_named else imported.skipped).append(reason)
        return
    imported.files += 1
    if reserve:
        imported.rejected.append(f"{path}: {reserve}")
    try:
        send_all(path, requests, send, imported)
    except ValueError as error:
        imported.rejected.append(f"{path}: {error}")


def send_all(path: Path, requests: Iterable[otlp.Request], send: Send, imported: Imported) -> None:
    """Sends requests and notes what became of them. Raises ValueError where one cannot be read."""
    for request in requests:
        try:
            accepted = send(request)
        except StoreUnavailable:
            raise
        except (otlp.Malformed, StoreError) as error:
            imported.rejected.append(f"{path}: a request was refused: {error}")
            continue
        imported.requests += 1
        imported.records[request.signal] += accepted.accepted
        imported.rejected += [f"{path}: {reason}" for reason in accepted.rejected]


def is_table(path: Path) -> bool:
    """Whether a file is a Parquet table, by the first bytes of it."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def read_table(path: Path) -> tuple[Iterable[otlp.Request], str]:
    """The requests in a table, made as they are sent; see `export.read_parquet`, which says what is raised."""
    requests = export.read_parquet(path)
    first = next(requests, None)  # whether it is such a table shows now
    return chain(() if first is None else (first,), requests), ""


def read_file(path: Path) -> tuple[list[otlp.Request], str]:
    """The requests in a file, and a sentence where some of its lines are not OTLP and others are.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not OTLP, is broken gzip or is larger than `FILE_LIMIT`.
    """
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = otlp.inflate(content, "gzip", FILE_LIMIT)
    requests = list(otlp.requests(content, FILE_LIMIT))
    if not requests:
        raise ValueError("not OTLP (no spans, log records or metrics found in it)")
    is_lines = len(requests[0].body) < len(content)
    lines = sum(bool(line.strip()) for line in content.splitlines()) if is_lines else 1
    strange = lines - len(requests)
    return requests, f"{strange} of {lines} lines are not OTLP" if strange else ""


def as_json(imported: Imported, outcomes: Counter[str | None]) -> str:
    """`whyspan.import/1`."""
    return json.dumps(
        {
            "schema": "whyspan.import/1",
            "files": imported.files,
            "requests": imported.requests,
            "spans": imported.records["traces"],
            "logs": imported.records["logs"],
            "metric_points": imported.records["metrics"],
            "rejected": imported.rejected,
            "skipped": imported.skipped,
            "unreadable": imported.unreadable,
            "runs": {outcome: outcomes[outcome] for outcome in ("failed", "ok", "unknown")},
        }
    )


def print_summary(imported: Imported, outcomes: Counter[str | None]) -> None:
    """The same for people, with what to do next."""
    records = imported.records
    terminal.out.print(
        f"Took {records['traces']:,} spans and {records['logs']:,} log records from {imported.files:,} files"
        f" ({imported.requests:,} requests)."
    )
    if records["metrics"]:
        terminal.out.print(f"Counted {records['metrics']:,} metric points; metrics are not kept.")
    for title, lines, style in (
        ("Skipped, not OTLP", imported.skipped, "dim"),
        ("Rejected", imported.rejected, "yellow"),
        ("Could not be read", imported.unreadable, "red"),
    ):
        if lines:
            terminal.out.print(terminal.text((f"{title}: {len(lines)}", style)))
            for line in lines[:_SHOWN]:
                terminal.out.print(terminal.text(f"  {line}"), soft_wrap=True)
            if len(lines) > _SHOWN:
                terminal.out.print(f"  ... and {len(lines) - _SHOWN} more (--json lists all)")
    terminal.out.print(
        f"Stored now: {sum(outcomes.values()):,} runs, {outcomes['failed']} failed, {outcomes['ok']} ok,"
        f" {outcomes['unknown']} unknown. `whyspan runs` lists them, `whyspan why RUN` explains one."
    )
