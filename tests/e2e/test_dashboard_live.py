"""The dashboard keeps up with an agent at work, and with twenty thousand spans."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.long_run import TRACE_ID, long_run

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[str]:
    """The address of a collector on a folder of its own, `tmp_path`."""
    arguments = ["--data", str(tmp_path), "--port", "0", "--grpc-port", "0"]
    with subprocess.Popen([sys.executable, "-m", "whyspan_collector.service", *arguments], env=os.environ) as process:
        try:
            deadline = time.monotonic() + 60
            while not (tmp_path / "collector.json").exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, "the collector did not start"
                time.sleep(0.05)
            yield json.loads((tmp_path / "collector.json").read_text())["url"]
        finally:
            process.terminate()


def send(collector: str, spans: list[dict[str, Any]]) -> None:
    """Send some spans of the long run."""
    request = json.loads(long_run(1)[0])
    request["resourceSpans"][0]["scopeSpans"][0]["spans"] = spans
    answer = httpx.post(f"{collector}/v1/traces", json=request, trust_env=False)
    assert answer.json() in ({}, {"partialSuccess": {}})


def test_a_run_grows_on_the_screen(page: Any, dashboard: Callable[[Path], str], collector: str, tmp_path: Path) -> None:
    """The list shows a run when it begins; an open run gains rows without a reload, and keeps selection and folds."""
    spans = json.loads(long_run(60)[0])["resourceSpans"][0]["scopeSpans"][0]["spans"]
    url = dashboard(tmp_path)
    page.goto(url)
    page.get_by_text("No runs yet").wait_for()
    page.evaluate("window.sameDocument = true")

    send(collector, spans[1:30])  # the root comes last
    page.locator("[data-testid=stDataFrame]").wait_for()
    assert page.evaluate("window.sameDocument")

    page.goto(f"{url}/investigate?run={TRACE_ID}&span={spans[2]['spanId']}")
    page.wait_for_selector(".explorer[data-ready=true]")
    page.evaluate("window.sameDocument = true")
    grid = page.locator("[role=treegrid]")
    sync_api.expect(grid).to_have_attribute("aria-rowcount", "29")
    grid.focus()
    for key in ("j", "ArrowLeft", "ArrowLeft"):  # to the tool call: folded, then its parent
        page.keyboard.press(key)
    folded = int(grid.get_attribute("aria-rowcount"))
    selected = page.locator(".row.selected .name").inner_text()

    send(collector, spans[30:])
    send(collector, spans[:1])
    sync_api.expect(grid).not_to_have_attribute("aria-rowcount", str(folded))
    sync_api.expect(grid).to_have_attribute("aria-rowcount", str(60 - (29 - folded)))
    sync_api.expect(page.locator(".row.selected .name")).to_have_text(selected)
    sync_api.expect(page.locator(".verdict .headline")).to_contain_text("refund")
    assert page.evaluate("window.sameDocument")
