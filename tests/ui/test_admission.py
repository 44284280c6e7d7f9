"""Who gets in: nobody without a token where tokens are set, and nobody unseen where strangers could."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from whyspan_ui import admission, app
from whyspan_ui.admission import COOKIE, Admission, NotExposable, Role, role_of

EDIT, VIEW = "an editor's token, long", "a viewer's token, long"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A dashboard of one page behind both tokens."""
    monkeypatch.setenv(admission.TOKEN, EDIT)
    monkeypatch.setenv(admission.VIEW_TOKEN, VIEW)

    async def page(_: Any) -> PlainTextResponse:
        return PlainTextResponse("inside")

    async def socket(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    routes = [Route("/{path:path}", page, methods=["GET", "POST"]), WebSocketRoute("/_stcore/stream", socket)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Admission)]), follow_redirects=False)


def test_a_page_without_a_token_leads_to_the_form_and_back(client: TestClient) -> None:
    """The address that was asked for is kept; the token becomes a cookie that scripts cannot read and other sites do not send."""
    refused = client.get("/investigate?run=ab12")
    form = client.get(refused.headers["location"])
    wrong = client.post(refused.headers["location"], data={"token": "a wrong one, and long"})
    right = client.post(refused.headers["location"], data={"token": VIEW})

    assert (refused.status_code, form.status_code, wrong.status_code, right.status_code) == (303, 200, 403, 303)
    assert "password" in form.text
    assert right.headers["location"] == "/investigate?run=ab12"
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/investigate").text == "inside"


@pytest.mark.parametrize("elsewhere", ["//evil.example/x", "/\\evil.example", "https://evil.example", "evil"])
def test_the_form_leads_to_no_other_site(client: TestClient, elsewhere: str) -> None:
    """What stands in the address of the form is a path of the dashboard or nothing."""
    answer = client.post("/login", params={"next": elsewhere}, data={"token": EDIT})

    assert answer.headers["location"] == "/"


def test_programs_bring_the_token_in_a_header(client: TestClient) -> None:
    """Without it an API route says what to bring; a web socket is closed."""
    refused = client.get("/api/runs/x/diagnosis.json")

    assert refused.status_code == 401
    assert admission.TOKEN in refused.text
    assert client.get("/api/runs/x/diagnosis.json", headers={"authorization": f"Bearer {EDIT}"}).text == "inside"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass
    with client.websocket_connect("/_stcore/stream", headers={"cookie": f"{COOKIE}={VIEW}"}):
        pass


def test_what_watches_over_the_process_needs_no_token(client: TestClient) -> None:
    """Health tells nothing about data."""
    assert client.get("/_stcore/health").text == "inside"


def test_tokens_are_of_two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may judge, the other may look; where none is set everybody on the machine may judge."""
    assert role_of({}) is Role.EDITOR
    monkeypatch.setenv(admission.VIEW_TOKEN, VIEW)
    assert (role_of({COOKIE: VIEW}), role_of({}), role_of({}, "é")) == (Role.VIEWER, None, None)
    monkeypatch.setenv(admission.TOKEN, EDIT)
    assert role_of({}, EDIT) is Role.EDITOR


def test_an_open_address_without_a_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The dashboard does not start where strangers could read; the message says what to set, and a short token is none."""
    with pytest.raises(SystemExit) as ended:
        app.main(["--host", "0.0.0.0"])
    assert ended.value.code == 2
    assert admission.TOKEN in capsys.readouterr().err

    monkeypatch.setenv(admission.TOKEN, "short")
    with pytest.raises(NotExposable, match="16 characters"):
        admission.check_exposure("127.0.0.1", loopback=True)


def test_the_guard_stands_before_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log-in form carries the security headers too, and answers no foreign host on loopback."""
    monkeypatch.setenv(admission.TOKEN, EDIT)
    guarded = Starlette(middleware=[Middleware(app.Guard, hosts=app.LOOPBACK), Middleware(Admission)])

    async def ask(host: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://127.0.0.1") as client:
            return await client.get("/login", headers={"host": host})

    assert "content-security-policy" in asyncio.run(ask("127.0.0.1")).headers
    assert asyncio.run(ask("evil.example")).status_code == 400
