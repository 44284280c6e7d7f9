"""`whyspan export`: stored runs as OTLP files or Parquet tables, which `import` makes the same runs of."""

import argparse
from pathlib import Path
from typing import Final

import pyarrow as pa

from whyspan_collector import export
from whyspan_collector.annotations import write_annotations
from whyspan_collector.portions import portions
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan export --out traces/                                # everything, as it was sent",
    "whyspan export status:failed since:7d --out failed/         # `whyspan import failed/ --data other` reads it",
    "whyspan export --format jsonl --out lines/                  # OTLP/JSON, one run a line",
    "whyspan export --format parquet --out tables/               # runs.parquet, spans.parquet and logs.parquet",
)

_WRITERS: Final = {"otlp": export.write_otlp, "jsonl": export.write_jsonl}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, in which form, where to."""
    access.add_filter(parser)
    parser.add_argument(
        "--format",
        choices=("otlp", "jsonl", "parquet"),
        default="otlp",
        help="otlp: what was sent, as protobuf; jsonl: the same as JSON lines; parquet: tables of the canonical columns with what was sent"
        " (default: otlp)",
    )
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="a new or empty folder to write to")
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Exports the runs."""
    wanted = access.filter_text(options)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        if any(options.out.iterdir()):
            raise UsageError(f"{options.out} is not empty; name a new folder with --out")
        with access.opened(options) as store:
            access.diagnose_settled(store, access.config(options).quiet_seconds)
            runs = store.query("runs", filter=wanted)
            write(store, runs, options.format, options.out)
    except OSError as error:
        raise UsageError(f"{options.out} cannot be written: {error.strerror}") from error
    size = sum(path.stat().st_size for path in options.out.iterdir())
    spans = sum(runs["spans"].to_pylist())
    terminal.err.print(
        terminal.text(
            f"Wrote {runs.num_rows:,} runs, {spans:,} spans to {options.out.absolute()} ({size / 1e6:,.1f} MB)."
        ),
        soft_wrap=True,
    )
    return 0


def write(store: AnyStore, runs: pa.Table, form: str, folder: Path) -> None:
    """Writes the runs, rows of the query `runs`, to a folder, and what people said of their diagnoses."""
    write_annotations(store.query, set(runs["run_id"].to_pylist()), folder / "annotations.jsonl")
    with terminal.progress("exporting") as advance:
        if form == "parquet":
            export.write_parquet(store.query, runs, folder, lambda done: advance(done, runs.num_rows))
            return
        done = 0
        for number, some in enumerate(portions(runs.select(["run_id", "spans"]).to_pylist()), 1):
            _WRITERS[form](store.query, [run["run_id"] for run in some], folder, number)
            done += len(some)
            advance(done, runs.num_rows)
