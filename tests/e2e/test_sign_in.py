"""Single sign-on: a browser, the real dashboard and an OpenID Connect provider that says of people whatever it is told to."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from whyspan_collector.store import Store
from whyspan_ui import oidc
from whyspan_ui.samples import folder_of_samples
from whyspan_ui.supervisor import free_port

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
jose = pytest.importorskip("joserfc.jwt", reason="Authlib is not installed")
pytestmark = pytest.mark.browser
SAMPLE = folder_of_samples() / "openai-agents__openinference__hallucinated_tool"
HOSTILE = "<img src=x onerror=alert(1)>@evil.example"


class Provider:
    """Discovery, authorization without a question, tokens signed with RS256, and the key to check them."""

    def __init__(self, port: int) -> None:
        from joserfc.jwk import RSAKey

        self.url = f"http://127.0.0.1:{port}"
        self.claims: dict[str, Any] = {}
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1"})
        self.nonces: dict[str, str] = {}
        routes = {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": self.authorize,
            "/token": self.token,
            "/jwks": self.jwks,
        }
        app = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path, answer in routes.items()])
        self.server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))

    async def discovery(self, _: Request) -> Response:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        offered = {"id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"]}
        return JSONResponse(
            {"issuer": self.url, **{name: f"{self.url}/{path}" for name, path in paths.items()}, **offered}
        )

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self.nonces[code] = asked["nonce"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 303)

    async def token(self, request: Request) -> Response:
        nonce = self.nonces.pop((await request.form())["code"])
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": "whyspan",
            "sub": "1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        } | self.claims
        token = jose.encode({"alg": "RS256", "kid": "1"}, said, self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The provider, at work."""
    provider = Provider(free_port())
    thread = threading.Thread(target=provider.server.run)
    thread.start()
    yield provider
    provider.server.should_exit = True
    thread.join()


def test_people_sign_in_at_their_provider(
    page: Any, dashboard: Callable[..., str], provider: Provider, fill: Callable[..., Path], tmp_path: Path
) -> None:
    """Nothing is served to a stranger; who signs in lands where the link led; editors write in their own name, others look."""
    port = free_port()
    file = tmp_path / "oidc.toml"
    file.write_text(f"""
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{secrets.token_hex(32)}"
client_id = "whyspan"
client_secret = "of the client"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"

[whyspan]
editor_claim = "groups"
editor_values = ["sre"]
""")
    file.chmod(0o600)
    folder = fill(tmp_path / "data", (path.read_bytes() for path in sorted(SAMPLE.glob("*.pb"))))
    url = dashboard(
        folder,
        port=port,
        **{oidc.FILE: str(file)},
    )

    provider.claims = {"email": HOSTILE, "email_verified": True, "groups": ["sre"]}
    page.goto(f"{url}/failures?q=status:failed")
    assert "/login?next=" in page.url
    page.get_by_text("Sign in").click()
    page.wait_for_url("**/failures?q=status:failed")
    page.get_by_text("Acknowledge, fix, assign").click()
    sync_api.expect(page.get_by_text(f"In the name of {HOSTILE}")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    sync_api.expect(page.locator(".badge", has_text="acknowledged")).to_be_visible()
    with closing(Store(folder)) as store:
        assert store.query("incident_events")["person"].to_pylist() == [HOSTILE]
    assert page.locator("img[src=x]").count() == 0

    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url("**/login?next=**")
    provider.claims = {"email": "sam@example.com", "email_verified": True, "groups": ["sales"]}
    page.goto(f"{url}/failures")
    page.get_by_text("Sign in").click()
    page.get_by_text("Acknowledge, fix, assign").click()
    sync_api.expect(page.get_by_text("You may look here, and not change anything.")).to_be_visible()
