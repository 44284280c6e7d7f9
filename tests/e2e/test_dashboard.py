"""The dashboard in a real browser: from the list of runs to the wrong tool result, by mouse, keyboard and address."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from whyspan_collector.store import Store

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
HEADER_HEIGHT, ROW_HEIGHT = 33, 57


@pytest.fixture(scope="module")
def folder(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample runs, in a folder that may be written to."""
    return shutil.copytree(sample_data, tmp_path_factory.mktemp("dashboard") / "data")


@pytest.fixture(scope="module")
def url(dashboard: Callable[[Path], str], folder: Path) -> str:
    """The address of the dashboard on the sample runs."""
    return dashboard(folder)


@pytest.fixture(scope="module")
def failed(sample_data: Path) -> list[dict[str, Any]]:
    """The failed runs in the order of the first screen."""
    with closing(Store(sample_data)) as store:
        return store.query("runs", filter="status:failed").to_pylist()


def open_run(page: Any, url: str, run_id: str, **parameters: str) -> None:
    """Go to a run and wait until the explorer has painted it."""
    query = "&".join(f"{name}={value}" for name, value in {"run": run_id, **parameters}.items())
    page.goto(f"{url}/investigate?{query}")
    page.wait_for_selector(".explorer[data-ready=true]")


def looping(failed: list[dict[str, Any]]) -> dict[str, Any]:
    """The run that searched for the same thing again and again."""
    return next(run for run in failed if run["agent"] == "support" and run["decisive_tool"] == "search_docs")


def parameter(page: Any, name: str) -> str | None:
    """A parameter of the present address."""
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


def test_from_the_list_to_a_rule_in_force(page: Any, url: str, folder: Path, failed: list[dict[str, Any]]) -> None:
    """One click opens the verdict, a second the wrong tool result, a third the rules that would have stopped the run.

    The address remembers what was selected and back leads back; a person puts one of the rules in force by name.
    """
    run = next(run for run in failed if run["decisive_tool"] == "refund_order")
    page.goto(url)
    click_row(page, failed.index(run))

    page.wait_for_url(re.compile(r"/investigate\?"))
    page.wait_for_selector(".explorer[data-ready=true]")
    assert parameter(page, "run") == run["run_id"]
    sync_api.expect(page.locator(".verdict .headline")).to_contain_text("o-88213, which belongs to c-1987")
    sync_api.expect(page.locator(".row.selected .tag.decisive")).to_be_visible()
    settled(page, run["decisive_span_id"])

    chip = page.locator(".chip", has_text="search_orders returned").first
    result = chip.get_attribute("data-span")
    chip.click()
    settled(page, result)
    sync_api.expect(page.locator(".st-key-detail")).to_contain_text(re.compile(r"Result.*o-88213.*c-1987", re.DOTALL))
    assert parameter(page, "span") == result

    page.reload()
    settled(page, result)

    page.go_back()
    settled(page, run["decisive_span_id"])

    page.get_by_role("link", name="Propose a rule").click()
    put_in_force(page)
    with closing(Store(folder)) as store:
        rules = [json.loads(row["record"]) for row in store.query("rules").to_pylist()]
        events = store.query("rule_events").to_pylist()
    assert {rule["proposed_from"]["run"] for rule in rules} == {run["run_id"]}
    assert [rule["activated_by"] for rule in rules if rule["status"] == "active"] == ["ada"]
    assert {event["person"] for event in events} == {"ada"}


def put_in_force(page: Any) -> None:
    """Propose rules from the run of the Rules page, then activate the first of them, as ada; without a name it is refused."""
    page.get_by_label("Your name").first.fill("ada")
    page.get_by_role("button", name="Propose rules").click()
    sync_api.expect(page.get_by_text("would have stopped it in time: kept")).to_be_visible()
    page.get_by_text("Put a rule in force", exact=True).click()
    page.get_by_role("button", name="Put it in force").click()
    sync_api.expect(page.get_by_text("Say who does it")).to_be_visible()
    page.get_by_label("Your name").last.fill("ada")
    page.get_by_role("button", name="Put it in force").click()
    sync_api.expect(page.get_by_text("Say who does it")).to_be_hidden()


def test_by_keyboard_alone(page: Any, url: str, failed: list[dict[str, Any]]) -> None:
    """Keys walk, jump, search and fold; tree, detail panel and address agree wherever they come to rest."""
    run = looping(failed)
    open_run(page, url, run["run_id"])
    page.locator("[role=treegrid]").focus()
    for key in ["Home", "j", "j", "d", "D", "e", "k", "k", "j"]:
        page.keyboard.press(key)
    settled(page, parameter(page, "span"))

    page.keyboard.press("r")
    settled(page, run["decisive_span_id"])

    page.keyboard.press("/")
    page.keyboard.type("search_docs")
    sync_api.expect(page.locator(".hits")).to_contain_text("hit")
    page.keyboard.press("Enter")
    settled(page, parameter(page, "span"))
    page.keyboard.press("Escape")
    rows = page.locator("[role=treegrid]").get_attribute("aria-rowcount")
    page.keyboard.press("x")
    assert int(page.locator("[role=treegrid]").get_attribute("aria-rowcount")) < int(rows)
    page.keyboard.press("2")
    for key in ("[", "]", "1", "3", "2"):
        page.keyboard.press(key)
    settled(page, parameter(page, "span"))
    page.keyboard.press("?")
    sync_api.expect(page.locator(".help")).to_contain_text("next, previous run of the list")
    page.keyboard.press("Escape")

    following = failed[failed.index(run) + 1]
    page.keyboard.press("J")
    settled(page, following["decisive_span_id"])
    assert parameter(page, "run") == following["run_id"]


def click_row(page: Any, position: int) -> None:
    """Click a row of the table of runs, which is drawn on a canvas."""
    table = page.locator("[data-testid=stDataFrame]")
    table.locator("canvas").first.wait_for()
    page.wait_for_timeout(500)  # the canvas tells nobody when it has drawn its rows
    box = table.bounding_box()
    page.mouse.click(box["x"] + 300, box["y"] + HEADER_HEIGHT + ROW_HEIGHT * (position + 0.5))


def settled(page: Any, span_id: str) -> None:
    """Wait until the detail panel shows this span, and the selected row is that of the panel's name."""
    page.locator(f".detail-header[data-shows='{span_id}']").wait_for()
    sync_api.expect(page.locator(".row.selected .name")).to_have_text(page.locator(".st-key-detail h3").inner_text())


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_in_the_dark(page: Any, url: str, failed: list[dict[str, Any]], tmp_path: Path) -> None:
    """The theme follows the browser, inside the explorer too, and our own fonts are the ones in use."""
    open_run(page, url, failed[0]["run_id"])
    page.screenshot(path=tmp_path / "dark.png")

    assert brightness(page, ".stApp") < 60
    assert brightness(page, ".explorer") < 60
    page.wait_for_function("document.fonts.check('13px Inter') && [...document.fonts].some(f => f.status === 'loaded')")


def brightness(page: Any, selector: str) -> float:
    """Mean of the background's red, green and blue, 0 to 255."""
    colour = page.locator(selector).first.evaluate("element => getComputedStyle(element).backgroundColor")
    parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
    return sum(parts) / 3
