"""The report's page in a real browser, opened from disk as somebody who got it by mail would."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis.report.build import build
from whyspan_analysis.report.renderers import RENDERERS
from whyspan_collector.store import Store

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: `apt-get install chromium`"),
]


@pytest.fixture(scope="module")
def page_file(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report over the sample recordings as a file."""
    folder = tmp_path_factory.mktemp("report")
    with closing(Store(sample_data)) as store:
        page = RENDERERS["html"](build(store))
    (folder / "report.html").write_text(page, encoding="utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_draws_its_charts_offline_and_without_complaints(browser: Any, page_file: Path, scheme: str) -> None:
    """Opened from disk the page asks for nothing else, complains of nothing, draws its charts, and no text is cut off."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(page_file.as_uri())
    page.wait_for_selector(".chart .main-svg")

    assert asked == [page_file.as_uri()]
    assert complaints == []
    assert page.locator(".chart .bars path").count() >= 4
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('.xtitle')).fill")
    assert (lightness(paper) > lightness(ink)) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_page_fits_a_phone(browser: Any, page_file: Path) -> None:
    """On 390 pixels nothing but the tables scrolls sideways."""
    page = browser.new_page(viewport={"width": 390, "height": 800})

    page.goto(page_file.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def lightness(colour: str) -> int:
    """The sum of red, green and blue of `rgb(r, g, b)`."""
    return sum(int(part) for part in colour[4:-1].split(","))
