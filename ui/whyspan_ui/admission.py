"""Who may see the dashboard, and who may also write: by a token, kept in a cookie no script can read, or by single sign-on.

Without either everybody on this machine may do everything, and nobody else can reach it: other addresses than loopback demand one.
"""

import hmac
import html
import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from whyspan_ui import oidc

TOKEN: Final = "WHYSPAN_DASHBOARD_TOKEN"  # noqa: S105 - the name of a variable
VIEW_TOKEN: Final = "WHYSPAN_DASHBOARD_VIEW_TOKEN"  # noqa: S105
HOST: Final = "WHYSPAN_DASHBOARD_HOST"
COOKIE: Final = "whyspan_token"
_WANTED: Final = "whyspan_next"
"""The cookie with the address that was asked for before somebody was sent to the provider."""
LEAST: Final = 16
"""Characters of a token: what an exposed port must not let anybody guess."""
_LOGIN: Final = "/login"
_SIGN_IN: Final = "/login/oidc"
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
    """The dashboard was to listen where strangers reach it, or its keys are no good. The message says what to set."""


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
    try:
        sso = oidc.settings()
    except oidc.WrongFile as error:
        raise NotExposable(str(error)) from error
    if not tokens() and sso is None and not loopback:
        raise NotExposable(
            f"{host} can be reached from other machines, and traces hold prompts: set {TOKEN} (may look and judge) or"
            f" {VIEW_TOKEN} (may look), at least {LEAST} characters each, or {oidc.FILE} for single sign-on, or listen on 127.0.0.1."
        )


def role_of(cookies: Mapping[str, str], bearer: str | None = None) -> Role | None:
    """What somebody may do who brings these cookies or this token; EDITOR where none is demanded, None where they are none of ours."""
    known = tokens()
    if not known and oidc.settings() is None:
        return Role.EDITOR
    given = (bearer or cookies.get(COOKIE) or "").encode()
    for token, role in known.items():
        if hmac.compare_digest(token.encode(), given):
            return role
    claims = oidc.signed_in(cookies)
    if claims is None:
        return None
    return Role.EDITOR if oidc.may_write(claims) else Role.VIEWER


def person_of(cookies: Mapping[str, str]) -> str | None:
    """Who has signed in; None where people say themselves who they are."""
    claims = oidc.signed_in(cookies)
    return None if claims is None else oidc.name_of(claims)


class Admission:
    """ASGI middleware: shows the log-in page to those who have not come in, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what brings a token, as a cookie or as `Authorization: Bearer`, or the cookie of who has signed in."""
        if scope["type"] not in ("http", "websocket") or _is_open(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == _LOGIN:
            await (await _log_in(Request(scope, receive)))(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == _SIGN_IN and oidc.settings() is not None:
            await _sign_in(Request(scope, receive))(scope, receive, send)
        elif role_of(HTTPConnection(scope).cookies, _bearer(scope)) is not None:
            await (_back(scope) or self._app)(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
        else:
            await _refusal(scope)(scope, receive, send)


def _is_open(path: str) -> bool:
    return path.startswith(_OPEN) or (path in oidc.SERVED and oidc.settings() is not None)


def _bearer(scope: Scope) -> str | None:
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _sign_in(request: Request) -> Response:
    """To the provider, which sends people back to the first page; the cookie remembers where they wanted to go."""
    answer = RedirectResponse(oidc.sign_in_address(), 303)
    wanted = quote(_own(request.query_params.get("next", "/")), safe="")
    answer.set_cookie(_WANTED, wanted, max_age=600, httponly=True, samesite="lax")
    return answer


def _back(scope: Scope) -> Response | None:
    """From the first page to the one that was asked for before signing in."""
    wanted = HTTPConnection(scope).cookies.get(_WANTED)
    if wanted is None or scope["type"] != "http" or scope["path"] != "/":
        return None
    answer = RedirectResponse(_own(unquote(wanted)), 303)
    answer.delete_cookie(_WANTED)
    return answer


def _refusal(scope: Scope) -> Response:
    if scope["path"].startswith("/api/") or scope["method"] != "GET":
        return PlainTextResponse(f"Bring the value of {TOKEN} or {VIEW_TOKEN} as `Authorization: Bearer`.\n", 401)
    wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    return RedirectResponse(f"{_LOGIN}?next={quote(wanted, safe='')}", 303)


async def _log_in(request: Request) -> Response:
    """The form, and what it sends: the token becomes the cookie."""
    if request.method != "POST":
        return _form(_own(request.query_params.get("next", "/")), "")
    sent = b""
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > _LONGEST_FORM:
            return _form("/", "That is no token.", 413)
    token = parse_qs(sent.decode("latin-1")).get("token", [""])[0]
    if not tokens() or role_of({}, token) is None:
        return _form("/", "That is not the token of this dashboard.", 403)
    answer = RedirectResponse(_own(request.query_params.get("next", "/")), 303)
    secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


def _own(address: str) -> str:
    """A path of this dashboard, else its first page: what begins with two slashes of either kind is another site to a browser."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _form(wanted: str, trouble: str, status: int = 200) -> Response:
    words = f"<p role=alert>{html.escape(trouble)}</p>" if trouble else ""
    sign_in = f'<p><a href="{_SIGN_IN}?next={quote(wanted, safe="")}">Sign in</a></p>' if oidc.settings() else ""
    page = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Whyspan</title>"
        "<style>:root{color-scheme:light dark}body{font:15px system-ui;max-width:24rem;margin:16vh auto;padding:0 1rem}"
        "input,button{font:inherit;padding:.4rem .6rem;width:100%;box-sizing:border-box;margin-top:.5rem}</style></head>"
        f"<body><h1>Whyspan</h1>{words}{sign_in}{_FORM_OF_TOKENS if tokens() else ''}</body></html>"
    )
    return HTMLResponse(page, status)


_FORM_OF_TOKENS: Final = (
    "<form method=post><label>Token<input type=password name=token required"
    ' autocomplete="current-password"></label><button>Open the dashboard</button></form>'
)
