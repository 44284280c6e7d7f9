"""A dashboard as a process and a browser to look at it with; without Debian's chromium its tests are skipped."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from whyspan_ui.supervisor import free_port

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts the real process on a data folder and returns its address."""
    started = []

    def start(data: Path, *, port: int | None = None, **settings: str) -> str:
        port = port or free_port()
        home = tmp_path_factory.mktemp("home")  # Streamlit would read a person's own settings
        command = [sys.executable, "-m", "whyspan_ui.app", "--data", str(data), "--port", str(port)]
        environment = os.environ | {"HOME": str(home)} | settings
        with (home / "dashboard.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        started.append(process)
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not answers(address):
            assert process.poll() is None, (home / "dashboard.log").read_text()
            assert time.monotonic() < deadline, "the dashboard did not start"
        return address

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def answers(address: str) -> bool:
    """Whether the dashboard is up."""
    try:
        return httpx.get(f"{address}/_stcore/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        time.sleep(0.2)
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the tests of a file: while its driver is at work, no other test may call `asyncio.run`."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `make browser` installs it")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    sync_api.expect.set_options(timeout=30_000)  # a loaded machine is no defect
    with sync_api.sync_playwright() as driver, driver.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser:
        yield browser


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A fresh profile; the test fails when a script of the page does, or asks for anything outside this machine."""
    scheme = getattr(request, "param", "light")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors, elsewhere = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda asked: is_elsewhere(asked.url) and elsewhere.append(asked.url))
    yield page
    context.close()
    assert not errors
    assert not elsewhere


def is_elsewhere(address: str) -> bool:
    """Whether a request leaves this machine."""
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"
