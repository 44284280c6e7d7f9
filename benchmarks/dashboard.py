"""What a person waits for in the dashboard: the first paint of a run, and a selection until its details are there.

One long run of 50 to 20,000 spans, stored and diagnosed; every visit is a fresh dashboard and a fresh browser that has opened the list of
runs before. CPU is that of renderer and server, which a busy machine does not inflate as it does the time on the wall. Beside it,
where it installs, the trace page of Arize Phoenix on the same trace of 5,000 spans, its server warm from the second visit on.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from playwright.sync_api import sync_playwright

from benchmarks.ingest_servers import Phoenix, install
from benchmarks.long_run import TRACE_ID, long_run
from whyspan_analysis.batch import diagnose_pending
from whyspan_collector import export, otlp
from whyspan_collector.store import Store
from whyspan_ui.supervisor import free_port

SIZES: Final = (50, 500, 5_000, 20_000)
_PEER_SPANS: Final = 5_000
_ROUNDS: Final = 3
_KEYS: Final = ("d", "e", "d", "D", "d", "E", "d", "d")
"""Selections that are timed: decisions and problems, so every one is another span."""
_TURN: Final = re.compile(r"^turn \d+$")
"""The rows that are selected by a click where our keys do not work: turns of the long run, whichever the page shows."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of a run."""

    painted: float
    """Seconds from the address to rows and details on the screen."""
    cpu: float
    """CPU seconds of renderer and dashboard for it."""
    selections: list[float]
    """Seconds from a key, or a click, to the details of the span it selects, each."""
    selecting_cpu: float
    """CPU seconds of renderer and dashboard for one of them."""
    received: int
    """Bytes until then: responses as they were sent, compressed; frames of a web socket as they were read, uncompressed."""


def run() -> None:
    """Prints the table; says so where there is no browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium: `make browser` installs it")
        return
    print(
        "| spans | first paint, ms | CPU for it, ms | selection to details, ms | CPU for it, ms | received, KB |\n"
        "|---|---|---|---|---|---|"
    )
    for spans in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            filled = _filled(Path(folder), spans)
            visits = []
            for _ in range(_ROUNDS):
                with _dashboard(filled) as place:
                    visits.append(_visit(chromium, place))
        _print(f"{spans:,}", visits)
    with tempfile.TemporaryDirectory() as folder:
        _phoenix(chromium, Path(folder))


def _print(name: str, visits: list[Visit]) -> None:
    selections = [seconds for visit in visits for seconds in visit.selections]
    cells = (
        f"{_ms(visit.painted for visit in visits):,}",
        f"{_ms(visit.cpu for visit in visits):,}",
        f"{_ms(selections):,}",
        f"{_ms(visit.selecting_cpu for visit in visits):,}",
        f"{statistics.median(visit.received for visit in visits) / 1000:,.0f}",
    )
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _phoenix(chromium: str, folder: Path) -> None:
    """The trace page of Phoenix; it loads 1,000 spans of a trace and offers a button for more."""
    python = install(Phoenix.pin, folder / "environment")
    if python is None:
        print("Arize Phoenix does not install here")
        return
    (folder / "sent").mkdir()
    with closing(Store(_filled(folder / "data", _PEER_SPANS))) as store:
        export.write_otlp(store.query, [TRACE_ID], folder / "sent", 1)
    peer = Phoenix(python)
    try:
        body = (folder / "sent" / "00001-traces.pb").read_bytes()
        headers = {"content-type": "application/x-protobuf"}
        httpx.post(
            f"{peer.url}/v1/traces", content=body, headers=headers, timeout=60, trust_env=False
        ).raise_for_status()
        while peer.queryable() < _PEER_SPANS:
            time.sleep(0.5)
        address = f"/projects/UHJvamVjdDox/traces/{TRACE_ID}"  # its project number 1, `default`
        rows, details, home = "text=execute_tool", "text=Attributes", "text=Projects"
        place = _Place(peer.url, peer.processes(), address, rows, details, home, _click)
        loaded = f"{_PEER_SPANS:,}, {peer.name}, which loads 1,000 of them"
        _print(loaded, [_visit(chromium, place) for _ in range(_ROUNDS)])
    finally:
        peer.close()


def _ms(seconds: Iterable[float]) -> int:
    return round(1000 * statistics.median(seconds))


def _filled(folder: Path, spans: int) -> Path:
    with closing(Store(folder)) as store:
        for body in long_run(spans):
            for request in otlp.requests(body, 1 << 30):
                batch = otlp.decode(request.signal, request.body, request.encoding)
                store.ingest(batch.spans, batch.logs, arrived_ns=1)
        diagnose_pending(store)
    return folder


@dataclass(frozen=True, slots=True)
class _Place:
    """A page to visit, and how one sees that it is there."""

    url: str
    processes: list[psutil.Process]
    address: str
    rows: str
    """Selector of what shows that the rows are painted."""
    details: str
    """Likewise the details."""
    home: str
    """Likewise the first page."""
    select: Callable[[Any, int], float]
    """Selects another span and returns the seconds until its details are there; takes the page and which selection it is."""


@contextmanager
def _dashboard(folder: Path) -> Iterator[_Place]:
    port = free_port()
    command = [sys.executable, "-m", "whyspan_ui.app", "--data", str(folder), "--port", str(port)]
    environment = os.environ | {"HOME": str(folder)}  # Streamlit would read a person's own settings
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            time.sleep(0.1)
        rows, details, home = ".explorer[data-ready=true]", ".detail-header", "[data-testid=stDataFrame] canvas"
        watched = [psutil.Process(process.pid)]
        yield _Place(url, watched, f"/investigate?run={TRACE_ID}", rows, details, home, _press)
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _visit(chromium: str, place: _Place) -> Visit:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as driver, driver.chromium.launch(executable_path=chromium, args=arguments) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        sizes: list[int] = []
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        network.on("Network.webSocketFrameReceived", lambda event: sizes.append(_bytes(event["response"])))
        page.goto(place.url)
        page.wait_for_selector(place.home)
        page.wait_for_timeout(1000)
        sizes.clear()
        before, start = _cpu(place.processes), time.perf_counter()
        page.goto(place.url + place.address)
        page.wait_for_selector(place.rows)
        page.wait_for_selector(place.details)
        painted = time.perf_counter() - start
        cpu, received = _cpu(place.processes) - before, sum(sizes)
        page.wait_for_timeout(500)
        before = _cpu(place.processes)
        selections = [place.select(page, number) for number in range(len(_KEYS))]
        return Visit(painted, cpu, selections, (_cpu(place.processes) - before) / len(_KEYS), received)


def _bytes(frame: dict[str, Any]) -> int:
    """Bytes of a web socket's frame; a binary one (opcode 2) is told in base64."""
    payload = frame["payloadData"]
    return len(b64decode(payload)) if frame["opcode"] == 2 else len(payload)


def _press(page: Any, number: int) -> float:
    """A key of our explorer."""
    page.locator("[role=treegrid]").focus()
    start = time.perf_counter()
    page.keyboard.press(_KEYS[number])
    selected = page.evaluate("new URL(location.href).searchParams.get('span')")
    page.locator(f".detail-header[data-shows='{selected}']").wait_for()
    return time.perf_counter() - start


def _click(page: Any, number: int) -> float:
    """A click on a turn's row in Phoenix, until the title of the details is the turn's."""
    row = page.get_by_text(_TURN).nth(number)
    row.scroll_into_view_if_needed()
    name = row.inner_text()
    start = time.perf_counter()
    row.click()
    page.locator(f".span-header__name[title='{name}']").wait_for()
    return time.perf_counter() - start


def _cpu(servers: list[psutil.Process]) -> float:
    """CPU seconds so far of the server and of the renderers of our browser."""
    below = [child for child in psutil.Process().children(recursive=True) if "--type=renderer" in child.cmdline()]
    return sum(sum(process.cpu_times()[:2]) for process in [*servers, *below])
