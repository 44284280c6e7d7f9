"""What a person waits for in the dashboard: the first paint of a run, and a selection until its details are there.

One long run of 50 to 20,000 spans, stored and diagnosed; a fresh browser that has opened the list of runs before. CPU is that
of the browser's renderer and of the dashboard, which a busy machine does not inflate as it does the time on the wall.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from benchmarks.long_run import TRACE_ID, long_run

SIZES: Final = (50, 500, 5_000, 20_000)
_ROUNDS: Final = 5
_KEYS: Final = ("d", "e", "d", "D", "d", "E", "d", "d")
"""Selections that are timed: decisions and problems, so every one is another span."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of a run."""

    painted: float
    """Seconds from the address to rows and details on the screen."""
    cpu: float
    """CPU seconds of renderer and dashboard for it."""
    selections: list[float]
    """Seconds from a key to the details of the span it selects, each."""
    received: int
    """Bytes over the network until then, as they were sent: compressed."""


def run() -> None:
    """Prints the table; says so where there is no browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium: `make browser` installs it")
        return
    print(
        "| spans | first paint, ms | CPU for it, ms | selection to details, ms | received, KB |\n|---|---|---|---|---|"
    )
    for spans in SIZES:
        with tempfile.TemporaryDirectory() as folder, _dashboard(_filled(Path(folder), spans)) as dashboard:
            visits = [_visit(chromium, dashboard) for _ in range(_ROUNDS)]
        row = (
            _ms(visit.painted for visit in visits),
            _ms(visit.cpu for visit in visits),
            _ms(seconds for visit in visits for seconds in visit.selections),
            round(statistics.median(visit.received for visit in visits) / 1000),
        )
        print(f"| {spans:,} | " + " | ".join(f"{value:,}" for value in row) + " |", flush=True)


def _ms(seconds: Iterator[float]) -> int:
    return round(1000 * statistics.median(seconds))


def _filled(folder: Path, spans: int) -> Path:
    from whyspan_analysis.batch import diagnose_pending
    from whyspan_collector import otlp
    from whyspan_collector.store import Store

    with closing(Store(folder)) as store:
        for body in long_run(spans):
            for request in otlp.requests(body, 1 << 30):
                batch = otlp.decode(request.signal, request.body, request.encoding)
                store.ingest(batch.spans, batch.logs, arrived_ns=1)
        diagnose_pending(store)
    return folder


@dataclass(frozen=True, slots=True)
class _Dashboard:
    url: str
    process: psutil.Process


@contextmanager
def _dashboard(folder: Path) -> Iterator[_Dashboard]:
    from whyspan_ui.supervisor import free_port

    port = free_port()
    command = [sys.executable, "-m", "whyspan_ui.app", "--data", str(folder), "--port", str(port)]
    environment = os.environ | {"HOME": str(folder)}  # Streamlit would read a person's own settings
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            time.sleep(0.1)
        yield _Dashboard(url, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _visit(chromium: str, dashboard: _Dashboard) -> Visit:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as driver, driver.chromium.launch(executable_path=chromium, args=arguments) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        sizes: list[int] = []
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        network.on("Network.webSocketFrameReceived", lambda event: sizes.append(len(event["response"]["payloadData"])))
        page.goto(dashboard.url)
        page.wait_for_selector("[data-testid=stDataFrame] canvas")
        page.wait_for_timeout(1000)
        sizes.clear()
        before, start = _cpu(dashboard.process), time.perf_counter()
        page.goto(f"{dashboard.url}/investigate?run={TRACE_ID}")
        page.wait_for_selector(".explorer[data-ready=true]")
        page.wait_for_selector(".detail-header")
        painted = time.perf_counter() - start
        cpu, received = _cpu(dashboard.process) - before, sum(sizes)
        page.wait_for_timeout(500)
        return Visit(painted, cpu, [_select(page, key) for key in _KEYS], received)


def _select(page: Any, key: str) -> float:
    page.locator("[role=treegrid]").focus()
    start = time.perf_counter()
    page.keyboard.press(key)
    selected = page.evaluate("new URL(location.href).searchParams.get('span')")
    page.locator(f".detail-header[data-shows='{selected}']").wait_for()
    return time.perf_counter() - start


def _cpu(dashboard: psutil.Process) -> float:
    """CPU seconds so far of the dashboard and of the renderers of our browser."""
    below = [child for child in psutil.Process().children(recursive=True) if "--type=renderer" in child.cmdline()]
    return sum(sum(process.cpu_times()[:2]) for process in [dashboard, *below])
