"""The dashboard's own HTTP surface: who may ask, what is served, what a browser is told to refuse."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from whyspan_ui import app, data, routes, theme

Get = Callable[..., httpx.Response]


@pytest.fixture
def get(sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> Get:
    """Asks our routes behind our guard, without Streamlit."""
    monkeypatch.setenv("WHYSPAN_DATA", str(sample_data))
    served = [*routes.ROUTES, Mount(theme.assets_path(), app.Assets(directory=theme.ASSETS))]
    guarded = Starlette(routes=served, middleware=[Middleware(app.Guard, hosts=app.LOOPBACK)])

    async def ask(path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(guarded)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as client:
            return await client.get(path, headers=headers)

    return lambda path, **headers: asyncio.run(ask(path, **headers))


def test_the_spans_of_a_run_are_served(get: Get) -> None:
    """The explorer gets the columns of a run, and a plain 404 for a run that is not stored."""
    run_id = data.runs()["run_id"][0].as_py()

    assert get(f"/api/runs/{run_id}/spans.json").json()["run"] == run_id
    assert get("/api/runs/feedfeed/spans.json").status_code == 404


def test_what_came_out_of_spans_is_served_apart(get: Get) -> None:
    """The columns are there before the contents: what a span returned is asked for by row, and is missing from the columns."""
    run_id = next(
        run["run_id"] for run in data.runs().to_pylist() if run["agent"] == "triage" and run["outcome"] == "ok"
    )
    columns = get(f"/api/runs/{run_id}/spans.json").json()
    row = columns["kind"].index(columns["kinds"].index("tool"))

    notes = get(f"/api/runs/{run_id}/notes.json?from=0").json()
    assert columns["note"][row] is None
    assert len(notes) == len(columns["id"])
    assert notes[row]
    assert get(f"/api/runs/{run_id}/notes.json?from={row}").json()[0] == notes[row]
    assert get(f"/api/runs/{run_id}/notes.json?from=nowhere").json() == notes
    assert get("/api/runs/feedfeed/notes.json").status_code == 404


def test_the_spans_that_say_something_are_found(get: Get) -> None:
    """Words anywhere in what a span carried find it, the last of them by its beginning; marks of the filter language are no words."""
    run_id = next(run["run_id"] for run in data.runs().to_pylist() if run["decisive_tool"] == "refund_order")
    ids = set(get(f"/api/runs/{run_id}/spans.json").json()["id"])

    found = get(f"/api/runs/{run_id}/saying.json?words=o-882").json()
    assert found
    assert set(found) < ids
    for none in ("", '"(*', "nosuchword"):
        assert get(f"/api/runs/{run_id}/saying.json?words={quote(none)}").json() == []
    assert get("/api/runs/feedfeed/saying.json?words=a").status_code == 404


def test_a_diagnosis_is_there_to_copy(get: Get) -> None:
    """As JSON it is what `whyspan why` prints, as Markdown the same for people."""
    run_id = data.newest("status:failed")[0]
    document = get(f"/api/runs/{run_id}/diagnosis.json").json()
    words = get(f"/api/runs/{run_id}/diagnosis.md").text

    assert (document["schema"], document["run_id"]) == ("whyspan.diagnosis/1", run_id)
    assert words.startswith("#")
    assert run_id in words


def test_a_page_is_there_as_a_file(get: Get) -> None:
    """The file has verdict, columns with their notes and the details of every span, and asks for nothing."""
    run_id = data.newest("status:failed")[0]
    answer = get(f"/api/runs/{run_id}/page.html")
    columns = json.loads(re.search(r'<script id="columns"[^>]*>(.*?)</script>', answer.text)[1])
    details = json.loads(re.search(r'<script id="details"[^>]*>(.*?)</script>', answer.text)[1])

    assert "attachment" in answer.headers["content-disposition"]
    assert "Why it failed" in answer.text
    assert sorted(details) == sorted(columns["id"])
    assert None not in columns["note"]
    assert not re.search(r'(?:src|href)="(?!compare|data:)|url\((?!data:)|@import', answer.text)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", ""])
def test_other_hosts_are_refused(get: Get, host: str) -> None:
    """A page of another site that had its name point here gets nothing."""
    answer = get("/api/runs/x/spans.json", host=host)

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "LOCALHOST:1"])
def test_loopback_names_are_answered(get: Get, host: str) -> None:
    """Every name of this machine is fine, with any port."""
    assert get("/api/runs/feedfeed/spans.json", host=host).status_code == 404


def test_the_browser_is_told_to_load_nothing_from_elsewhere(get: Get) -> None:
    """Answers carry a content security policy that allows this origin only."""
    policy = get("/api/runs/x/spans.json").headers["content-security-policy"]

    assert policy.startswith("default-src 'self'")
    assert "http" not in policy
    assert "*" not in policy


def test_assets_are_kept_by_the_browser(get: Get) -> None:
    """Fonts, scripts and styles are served from the package, cacheable for ever, with the right type."""
    script = get(f"{theme.assets_path()}/explorer/core.js")
    font = get(f"{theme.assets_path()}/fonts/inter-latin.woff2")

    assert "javascript" in script.headers["content-type"]
    assert "immutable" in script.headers["cache-control"]
    assert font.content[:4] == b"wOF2"
    assert get(f"{theme.assets_path()}/../app.py").status_code == 404


def test_every_font_has_its_licence_beside_it() -> None:
    """The fonts may be passed on only with their licence."""
    fonts = {path.name.split("-latin")[0] for path in (theme.ASSETS / "fonts").glob("*.woff2")}

    assert fonts == {path.name.removesuffix("-LICENSE.txt") for path in (theme.ASSETS / "fonts").glob("*-LICENSE.txt")}
