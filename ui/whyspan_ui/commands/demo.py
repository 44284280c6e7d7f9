"""`whyspan demo`: the sample runs, sent through a real collector, diagnosed, and shown in the dashboard."""

import argparse
import shutil
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from whyspan_analysis.batch import diagnose_pending
from whyspan_collector import otlp
from whyspan_collector.client import RemoteStore
from whyspan_collector.config import load as load_config
from whyspan_collector.service import running_collector
from whyspan_ui import terminal
from whyspan_ui.commands import access, processes
from whyspan_ui.errors import UsageError
from whyspan_ui.samples import Sample, samples
from whyspan_ui.supervisor import Supervisor, free_port

EXAMPLES: Final = ("whyspan demo", "whyspan demo --open", "whyspan demo --data ./demo   # keeps the data")
GRADES: Final = ("none", "suspect", "likely", "strong")
_SAMPLE_LIMIT: Final = 64 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to keep the data, and whether to open a browser."""
    parser.add_argument("--open", action="store_true", help="open the dashboard in the browser of this machine")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        help="keep the data in this folder (default: a temporary one, removed at the end)",
    )


def run(options: argparse.Namespace) -> int:
    """Runs the demo until Ctrl-C."""
    try:
        with folder_for(options) as folder:
            show(folder, options.open)
    except KeyboardInterrupt:
        terminal.err.print("stopped")
    return 0


@contextmanager
def folder_for(options: argparse.Namespace) -> Iterator[Path]:
    """The named data folder, or a temporary one that is gone afterwards."""
    if options.data is not None:
        folder = access.config(options).data
        if url := running_collector(folder):
            raise UsageError(
                f"a collector already serves {folder.absolute()} at {url}; name another folder with --data"
            )
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="whyspan-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(folder: Path, open_browser: bool) -> None:
    """Starts everything, sends the samples, prints what they came to and where to look."""
    ui_port = free_port()
    settings = load_config(data=folder, host="127.0.0.1", port=free_port(), grpc_port=free_port())
    dashboard = f"http://127.0.0.1:{ui_port}"
    programs = processes.programs(settings, ui_port)
    with Supervisor(programs, folder / "logs", terminal.err.print) as supervisor:
        supervisor.wait_until_ready("collector")
        store = RemoteStore(settings.url)
        runs = send_and_diagnose(store, list(samples()))
        store.close()
        print_table(runs)
        terminal.err.print("starting the dashboard ...")
        supervisor.wait_until_ready("dashboard")
        best = most_instructive([row for _, row in runs])
        address = processes.run_url(dashboard, best["run_id"]) if best else dashboard
        with processes.announced(folder, dashboard):
            terminal.out.print(
                terminal.text(
                    f"The data is in {folder}; `whyspan why RUN --data {folder}` explains a run in another terminal."
                ),
                soft_wrap=True,
            )
            terminal.out.print("Ctrl-C stops the demo. The dashboard:")
            terminal.out.print(address, soft_wrap=True)
            if open_browser:
                webbrowser.open(address)
            supervisor.watch()


def send_and_diagnose(store: RemoteStore, every: list[Sample]) -> list[tuple[str, dict[str, Any]]]:
    """Sends the samples as their agents did and returns (sample name, run) for each run they hold, diagnosed."""
    sample_of: dict[str, str] = {}
    with terminal.progress("sending the sample runs") as advance:
        for done, sample in enumerate(every, 1):
            for path in sample.requests:
                for request in otlp.requests(path.read_bytes(), _SAMPLE_LIMIT):
                    store.send(request.signal, request.body, request.encoding)
                    batch = otlp.decode(request.signal, request.body, request.encoding)
                    sample_of |= {span.trace_id: sample.name for span in batch.spans}
            advance(done, len(every))
    store.drain()
    with terminal.progress("diagnosing") as advance:
        diagnose_pending(store, progress=advance)
    rows = store.query("runs").to_pylist()
    return sorted(
        ((sample_of.get(row["trace_ids"][0], row["name"]), row) for row in rows),
        key=lambda pair: (pair[0], pair[1]["start_ns"]),
    )


def print_table(runs: list[tuple[str, dict[str, Any]]]) -> None:
    """What became of each sample."""
    lines = [
        (
            (
                name,
                terminal.word(row["outcome"] or "arriving"),
                terminal.word(row["grade"]) if row["outcome"] == "failed" else "",
            ),
            [terminal.sentence(row["verdict"])] if row["verdict"] else [],
        )
        for name, row in runs
    ]
    terminal.print_list(("sample", "outcome", "cause"), lines)


def most_instructive(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The failed run to show first: decisions the agent recorded itself, then the best supported cause, then most decisions."""
    failed = [row for row in rows if row["outcome"] == "failed"]
    return max(
        failed,
        key=lambda row: ("whyspan" in row["vocabularies"], GRADES.index(row["grade"]), row["decisions"], row["run_id"]),
        default=None,
    )
