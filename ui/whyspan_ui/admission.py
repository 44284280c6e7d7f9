"""Who may see the dashboard, and who may also write: two tokens, kept by the browser in a cookie no script can read.

Without tokens everybody on this machine may do everything, and nobody else can reach it: other addresses than loopback demand one.
"""

import hmac
import html
import os
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN: Final = "WHYSPAN_DASHBOARD_TOKEN"  # noqa: S105 - the name of a variable
VIEW_TOKEN: Final = "WHYSPAN_DASHBOARD_VIEW_TOKEN"  # noqa: S105
HOST: Final = "WHYSPAN_DASHBOARD_HOST"
COOKIE: Final = "whyspan_token"
LEAST: Final = 16
"""Characters of a token: what an exposed port must not let anybody guess."""
_LOGIN: Final = "/login"
_OPEN: Final = ("/_stcore/health", "/assets/")
"""Answered to everybody: that the process lives, and our own fonts and scripts."""
_LONGEST_FORM: Final = 10_000


class Role(StrEnum):
    """What somebody may do."""

    VIEWER = "viewer"
    """Look."""
    EDITOR = "editor"
    """Also say whether verdicts are right, and what is done about incidents."""


class NotExposable(Exception):
    """The dashboard was to listen where strangers reach it, without a token. The message says what to set."""


def tokens() -> dict[str, Role]:
    """The tokens that are set, and what each allows. Raises NotExposable for one that is too short."""
    found = {os.environ[name]: role for name, role in _ROLES.items() if os.environ.get(name)}
    if any(len(token) < LEAST for token in found):
        raise NotExposable(
            f"{TOKEN} and {VIEW_TOKEN} need at least {LEAST} characters; `openssl rand -hex 32` makes one"
        )
    return found


_ROLES: Final = {VIEW_TOKEN: Role.VIEWER, TOKEN: Role.EDITOR}


def check_exposure(host: str, *, loopback: bool) -> None:
    """Refuse to serve strangers. Raises NotExposable."""
    if not tokens() and not loopback:
        raise NotExposable(
            f"{host} can be reached from other machines, and traces hold prompts: set {TOKEN} (may look and judge) or"
            f" {VIEW_TOKEN} (may look), at least {LEAST} characters each, or listen on 127.0.0.1."
        )


def role_of(given: str | None) -> Role | None:
    """What a token allows; EDITOR where none is demanded, None where it is none of ours."""
    known = tokens()
    if not known:
        return Role.EDITOR
    return next(
        (role for token, role in known.items() if hmac.compare_digest(token.encode(), (given or "").encode())), None
    )


class Admission:
    """ASGI middleware: shows the log-in page to those without a token, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what brings a token, as a cookie or as `Authorization: Bearer`."""
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(_OPEN):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == _LOGIN:
            await (await _log_in(Request(scope, receive)))(scope, receive, send)
        elif role_of(_given(scope)) is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
        else:
            await _refusal(scope)(scope, receive, send)


def _given(scope: Scope) -> str | None:
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else HTTPConnection(scope).cookies.get(COOKIE)


def _refusal(scope: Scope) -> Response:
    if scope["path"].startswith("/api/") or scope["method"] != "GET":
        return PlainTextResponse(f"Bring the value of {TOKEN} or {VIEW_TOKEN} as `Authorization: Bearer`.\n", 401)
    wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    return RedirectResponse(f"{_LOGIN}?next={quote(wanted, safe='')}", 303)


async def _log_in(request: Request) -> Response:
    """The form, and what it sends: the token becomes the cookie."""
    if request.method != "POST":
        return _form("")
    sent = b""
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > _LONGEST_FORM:
            return _form("That is no token.", 413)
    token = parse_qs(sent.decode("latin-1")).get("token", [""])[0]
    if role_of(token) is None:
        return _form("That is not the token of this dashboard.", 403)
    answer = RedirectResponse(_own(request.query_params.get("next", "/")), 303)
    secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


def _own(address: str) -> str:
    """A path of this dashboard, else its first page: what begins with two slashes of either kind is another site to a browser."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _form(trouble: str, status: int = 200) -> Response:
    words = f"<p role=alert>{html.escape(trouble)}</p>" if trouble else ""
    page = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Whyspan</title>"
        "<style>:root{color-scheme:light dark}body{font:15px system-ui;max-width:24rem;margin:16vh auto;padding:0 1rem}"
        "input,button{font:inherit;padding:.4rem .6rem;width:100%;box-sizing:border-box;margin-top:.5rem}</style></head>"
        f"<body><h1>Whyspan</h1>{words}<form method=post><label>Token<input type=password name=token autofocus required"
        ' autocomplete="current-password"></label><button>Open the dashboard</button></form></body></html>'
    )
    return HTMLResponse(page, status)
