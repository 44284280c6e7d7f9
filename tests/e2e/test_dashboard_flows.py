"""The ways through the dashboard beyond the first: compare, search, a link somebody sent, twenty thousand spans, for everybody."""

from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from benchmarks.long_run import TRACE_ID, long_run
from whyspan_collector.store import Store

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
PAGES = ("Runs", "Investigate", "Compare", "Failures", "Cost", "Rules", "Reports", "Health")
STILL = """Promise.all(document.getAnimations()
    .filter((each) => each.effect.getTiming().iterations !== Infinity)
    .map((each) => each.finished.catch(() => {})))"""
"""Streamlit fades new elements in, and axe would read the faded colours."""


@pytest.fixture(scope="module")
def url(dashboard: Callable[[Path], str], sample_data: Path) -> str:
    """The address of the dashboard on the sample runs."""
    return dashboard(sample_data)


@pytest.fixture(scope="module")
def refund(sample_data: Path) -> dict[str, Any]:
    """The run that refunded the wrong order."""
    with closing(Store(sample_data)) as store:
        rows = store.query("runs", filter="status:failed tool:refund_order").to_pylist()
    return next(row for row in rows if row["decisive_tool"] == "refund_order")


def detail_of(page: Any, span_id: str) -> Any:
    """The detail panel, once it shows this span."""
    page.locator(f".detail-header[data-shows='{span_id}']").wait_for()
    return page.locator(".st-key-detail")


def test_from_a_failed_run_to_where_it_parted_from_a_good_one(page: Any, url: str, refund: dict[str, Any]) -> None:
    """One click holds the run beside a passing one; the first other choice is named, and leads into the run."""
    page.goto(f"{url}/investigate?run={refund['run_id']}")
    page.locator("[data-testid=stMain]").get_by_role("link", name="Compare", exact=True).click()

    telling = page.locator(".verdict", has_text="First choice that differs")
    sync_api.expect(telling).to_contain_text("search without the customer")
    telling.locator("a", has_text="search without the customer").click()
    page.wait_for_selector(".explorer[data-ready=true]")
    sync_api.expect(page.locator(".st-key-detail h3")).to_contain_text("How do we go on?")


def test_a_link_opens_what_was_on_the_screen(page: Any, url: str, refund: dict[str, Any]) -> None:
    """Whoever opens a copied link sees the same span of the same run; the diagnosis is copied as Markdown."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/investigate?run={refund['run_id']}")
    page.wait_for_selector(".explorer[data-ready=true]")
    page.locator("[role=treegrid]").focus()
    page.keyboard.press("e")
    selected = page.evaluate("new URL(location.href).searchParams.get('span')")
    detail_of(page, selected)
    page.get_by_text("Share", exact=True).click()
    page.get_by_text("Copy link").click()
    page.get_by_text("Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    page.get_by_text("Copy as Markdown").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('#'))")

    page.goto("about:blank")
    page.goto(link)
    detail_of(page, selected)


def test_searching_finds_a_run_by_what_it_says(page: Any, url: str) -> None:
    """Words of a conversation narrow the list as they are typed; the address keeps them over a reload."""
    page.goto(url)
    page.locator("[data-testid=stDataFrame]").wait_for()
    page.get_by_placeholder("Words, or agent").fill("espresso")
    page.wait_for_url("**q=espresso**")
    page.reload()
    page.locator("[data-testid=stDataFrame]").wait_for()

    assert page.get_by_placeholder("Words, or agent").input_value() == "espresso"
    page.get_by_placeholder("Words, or agent").fill("no such words anywhere")
    page.get_by_text("matches.").wait_for()


def test_twenty_thousand_spans(
    page: Any, dashboard: Callable[[Path], str], fill: Callable[..., Path], tmp_path: Path
) -> None:
    """All are there, few are drawn; the decisive step is selected; a search through what tools returned finds a row far down."""
    url = dashboard(fill(tmp_path, long_run(20_000)))
    page.goto(f"{url}/investigate?run={TRACE_ID}")
    page.wait_for_selector(".explorer[data-ready=true]")
    grid = page.locator("[role=treegrid]")

    sync_api.expect(page.locator(".row.selected .tag.decisive")).to_be_visible()
    assert page.locator(".row").count() < 60
    grid.focus()
    page.keyboard.press("x")  # it opens folded, but for the way to the decisive step
    sync_api.expect(grid).to_have_attribute("aria-rowcount", "20000")
    page.keyboard.press("End")
    last = page.evaluate("new URL(location.href).searchParams.get('span')")
    assert last == f"{20_000:016x}"
    detail_of(page, last)

    page.keyboard.press("/")
    page.keyboard.type("OR-10999")  # in the result of the last tool but in no name
    sync_api.expect(page.locator(".hits")).to_contain_text("hit")
    sync_api.expect(page.locator(".hits")).not_to_have_text("0 hits", timeout=60_000)
    page.keyboard.press("Enter")
    found = page.evaluate("new URL(location.href).searchParams.get('span')")
    sync_api.expect(detail_of(page, found)).to_contain_text("OR-10999")


def test_nothing_serious_hinders_people(page: Any, url: str) -> None:
    """axe-core finds no serious obstacle on any page: names, roles, focus, and contrast in light and in dark."""
    axe_core = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    script = (files(axe_core) / "axe.min.js").read_text(encoding="utf-8")
    page.goto(url)
    page.evaluate(script)
    for name in PAGES:
        page.get_by_role("link", name=name, exact=True).first.click()
        path = "/" if name == PAGES[0] else f"/{name.lower()}"
        page.wait_for_function("(path) => location.pathname === path", arg=path)
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        page.locator("[data-testid=stMain] :is(.stHtml > :not(style), [data-testid=stDataFrame])").first.wait_for()
        assert not serious(page, "{resultTypes: ['violations']}"), name
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'")
        assert not serious(page, "{runOnly: ['color-contrast']}"), f"{name} in the dark"
        page.emulate_media(color_scheme="light")


def serious(page: Any, options: str) -> list[tuple[str, list[str]]]:
    """What axe finds: the rule, and the elements that break it."""
    page.evaluate(STILL)
    found = page.evaluate(f"axe.run(document, {options})")["violations"]
    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave]
