"""What the SDK costs the program it records: microseconds for each span, beside its peers; seconds to import; memory.

`python -m benchmarks.sdk --spans 1000000` measures memory over as many spans; `make bench` over a tenth of that.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_HERE = Path(__file__).parent
_PEERS = {
    "openinference": ("openinference-instrumentation", "`@tracer.tool`"),
    "langfuse": ("langfuse", "`@observe`"),
    "logfire": ("logfire", "`@instrument`"),
    "mlflow": ("mlflow-tracing", "`@trace`"),
    "traceloop": ("traceloop-sdk", "`@tool`"),
}
_PROCESSES = 9
"""Processes started to measure an import; the median counts."""
_IMPORT = """
import time
import opentelemetry.sdk.trace.export
import opentelemetry.exporter.otlp.proto.http.trace_exporter
started = time.process_time()
import whyspan
imported = time.process_time()
whyspan.configure(service="bench", endpoint="{sink}")
print(imported - started, time.process_time() - imported)
"""


def run(spans: int = 100_000) -> None:
    """Prints three tables: spans, import, memory."""
    with TemporaryDirectory() as folder, _sink() as sink:
        _spans(Path(folder), sink)
        _import(sink)
        _memory(sink, spans)


def _spans(folder: Path, sink: str) -> None:
    print("\n| span | µs of the caller's thread | raw OpenTelemetry, same process | ratio |")
    print("|---|---|---|---|")
    figures = _worker(sys.executable, "whyspan", sink)
    _row("OpenTelemetry SDK, a tool's attributes", figures, "raw tool", "raw tool")
    _row("OpenTelemetry SDK, a decision's attributes", figures, "raw decision", "raw decision")
    _row("**Whyspan `@tool`**", figures, "tool", "raw tool")
    _row("**Whyspan `decision()`**", figures, "decision", "raw decision")
    for name, (distribution, decorator) in _PEERS.items():
        pin = next(line for line in _pins() if line.startswith(f"{distribution}=="))
        if (python := _installed(folder / name, pin)) is None:
            print(f"| {pin.split()[0]} | absent: it does not install here | | |")
        else:
            _row(f"{pin.split()[0]} {decorator}", _worker(python, name, sink), "tool", "raw tool")


def _row(title: str, figures: dict[str, list[float]] | str, name: str, baseline: str) -> None:
    if isinstance(figures, str):
        print(f"| {title} | absent: {figures} | | |")
        return
    ratio = statistics.median(ours / raw for ours, raw in zip(figures[name], figures[baseline], strict=True))
    ours, raw = statistics.median(figures[name]), statistics.median(figures[baseline])
    print(f"| {title} | {ours:.0f} | {raw:.0f} | {ratio:.2f} |", flush=True)


def _worker(python: str, name: str, sink: str) -> dict[str, list[float]] | str:
    """The figures of one SDK, measured in a process of its own; or why there are none."""
    command = [python, str(_HERE / "sdk_worker.py"), name, sink]
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            command, env=_environment(folder), cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    figures: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _environment(folder: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return {**kept, "WHYSPAN_SPOOL": folder, "PYTHONPATH": str(_HERE.parent)}


def _pins() -> list[str]:
    return (_HERE / "peers.txt").read_text(encoding="utf-8").splitlines()


def _installed(folder: Path, pin: str) -> str | None:
    """The Python of a new environment with this peer in it; None where it does not install."""
    uv = shutil.which("uv") or str(_HERE.parent / ".tools" / "bin" / "uv")
    python = str(folder / "bin" / "python")
    try:
        for step in (
            ["venv", "--python", sys.executable, str(folder)],
            ["pip", "install", "--python", python, *pin.split()],
        ):
            subprocess.run([uv, *step, "--quiet"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


def _import(sink: str) -> None:
    figures = []
    for _ in range(_PROCESSES):
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-c", _IMPORT.format(sink=sink)]
            done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=True)
        figures.append([float(each) * 1000 for each in done.stdout.split()])
    imported, configured = (statistics.median(column) for column in zip(*figures, strict=True))
    print("\n| beyond OpenTelemetry's own imports | ms of CPU |\n|---|---|")
    print(f"| `import whyspan` | {imported:.0f} |\n| `whyspan.configure()` | {configured:.0f} |")


def _memory(sink: str, spans: int) -> None:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.sdk_memory", sink, str(spans)]
        done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    resident = [each / 1e6 for each in measured["resident"]]
    grown = (measured["resident"][-1] - measured["resident"][0]) / (spans * 0.9)
    print(f"\n| resident memory over {spans:,} spans, in tenths | MB |\n|---|---|")
    print(f"| after each tenth | {', '.join(f'{each:.0f}' for each in resident)} |")
    print(f"| kept for each span after the first tenth, in bytes | {grown:.1f} |")


@contextmanager
def _sink() -> Iterator[str]:
    """A server that takes everything and keeps nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Takes it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=100_000)
    run(parser.parse_args().spans)
