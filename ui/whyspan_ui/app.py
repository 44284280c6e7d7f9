"""The dashboard process: Streamlit as an ASGI application with our settings, our files and a route for large traces.

`python -m whyspan_ui.app --data DIR --host 127.0.0.1 --port 8501` serves until it is stopped. Everything a page needs comes
from this process; the content security policy makes the browser refuse anything else.
"""

import argparse
import gc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whyspan_ui import admission, data, http_api, oidc, routes, theme
from whyspan_ui.admission import Admission
from whyspan_ui.components.notices import failed_page

SCRIPT: Final = Path(__file__).parent / "pages" / "shell.py"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HEADERS: Final = {
    # Streamlit needs inline styles, its own inline scripts and evaluated chart code; nothing may come from elsewhere.
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


_GARBAGE: Final = (100_000, 20, 20)
"""A run of 20,000 spans is 100,000 objects that stay: Python's own threshold of 700 takes two thirds of the time to load it."""


class Guard:
    """ASGI middleware: refuses other host names, which stops DNS rebinding, and adds the security headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless its Host is not one of ours. An empty set of hosts allows all."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = host_name(Headers(scope=scope).get("host", ""))
        if self._hosts and host not in self._hosts:
            refusal = PlainTextResponse(f"This dashboard does not answer for the host {host!r}.\n", 400)
            await refusal(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_guarded)


def host_name(header: str) -> str:
    """The name in a Host header without its port: `[::1]:8501` -> `[::1]`."""
    bracket = header.rfind("]")
    return header[: bracket + 1] if bracket >= 0 else header.partition(":")[0].lower()


class Assets(StaticFiles):
    """Our own files. Their path changes with their content, so browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def options(host: str, port: int) -> dict[str, Any]:
    """Streamlit's configuration, whatever the user's own Streamlit settings say."""
    return {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "runner.magicEnabled": False,
        "secrets.files": [os.environ[oidc.FILE]] if os.environ.get(oidc.FILE) else [],
        **theme.streamlit_options(),
    }


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    return host in LOOPBACK or host == "::1"


def application(host: str) -> st.App:
    """The dashboard as an ASGI application. A loopback address answers loopback names only, any other address every name."""
    return st.App(
        SCRIPT,
        routes=[
            *routes.ROUTES,
            http_api.route(data.opened),
            Mount(theme.assets_path(), Assets(directory=theme.ASSETS)),
        ],
        on_script_error=failed_page,
        middleware=[Middleware(Guard, hosts=LOOPBACK if is_loopback(host) else frozenset()), Middleware(Admission)],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m whyspan_ui.app", description="The Whyspan dashboard.")
    parser.add_argument("--data", type=Path, default=data.data_dir(), help="data folder (default: %(default)s)")
    host = os.environ.get(admission.HOST, "127.0.0.1")
    parser.add_argument("--host", default=host, help=f"address to listen on ({admission.HOST}, else 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default: %(default)s)")
    given = parser.parse_args(arguments)
    try:
        admission.check_exposure(given.host, loopback=is_loopback(given.host))
    except admission.NotExposable as error:
        parser.error(str(error))
    os.environ["WHYSPAN_DATA"] = str(given.data)  # where pages/ and the route look
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    application(given.host).run(config=options(given.host, given.port))


if __name__ == "__main__":
    main()
