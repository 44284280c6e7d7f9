"""Single sign-on without a provider: who may write, which cookies count, and files that describe no provider."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from whyspan_ui import admission, oidc
from whyspan_ui.admission import NotExposable, Role, person_of, role_of

SECRET = "a secret of this test, of some length"
FILE = f"""
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "whyspan"
client_secret = "of the client"
server_metadata_url = "https://id.example/.well-known/openid-configuration"

[whyspan]
editors = ["Ada@example.com"]
editor_claim = "groups"
editor_values = ["sre"]
"""


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Describes the provider with these words."""

    def describe(words: str = FILE) -> None:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
        file.write_text(words)
        file.chmod(0o640)
        monkeypatch.setenv(oidc.FILE, str(file))

    return describe


def cookies(secret: str = SECRET, **claims: Any) -> dict[str, str]:
    """What the browser brings of who has signed in with these claims."""
    said = {"is_logged_in": True, "origin": "http://127.0.0.1:8501", "iat": time.time(), **claims}
    return {USER_COOKIE_NAME: create_signed_value(secret, USER_COOKIE_NAME, json.dumps(said)).decode()}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ada@example.com", "email_verified": True}, Role.EDITOR),
        ({"email": "ada@example.com"}, Role.VIEWER),  # anybody may say so
        ({"email": "sam@example.com", "email_verified": True}, Role.VIEWER),
        ({"groups": ["sales", "sre"]}, Role.EDITOR),
        ({"groups": "sre"}, Role.EDITOR),
        ({"groups": [["sre"], {"a": "sre"}, 3]}, Role.VIEWER),
        ({"iat": time.time() - 13 * 3600, "groups": ["sre"]}, None),
        ({"origin": "https://another.example", "groups": ["sre"]}, None),
        ({"is_logged_in": False}, None),
    ],
)
def test_who_may_write(described: Any, claims: dict[str, Any], role: Role | None) -> None:
    """Editors are known by a verified address or by a claim; others who signed in may look; old and foreign cookies are none."""
    described()

    assert role_of(cookies(**claims)) is role


def test_a_cookie_of_another_hand_is_none(described: Any) -> None:
    """What we have not signed says nothing, and neither does a broken one or none at all."""
    described()

    for brought in (cookies("another secret of about that length", groups=["sre"]), {USER_COOKIE_NAME: "é"}, {}):
        assert role_of(brought) is None
    assert person_of({}) is None


def test_nobody_is_written_down_as_somebody_else(described: Any) -> None:
    """A person is named by what the provider answers for: a verified address, else its own id of them."""
    described()

    assert person_of(cookies(sub="7", email="ada@example.com", email_verified=True)) == "ada@example.com"
    assert person_of(cookies(sub="7", email="boss@example.com", name="The boss")) == "7"


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("[auth]", "[auth", "TOML"),
        ("client_id", "client", "lacks client_id"),
        (SECRET, "short", "32 characters"),
        ("https://id", "http://id", "https://"),
        ("/oauth2callback", "/", "/oauth2callback"),
        ('["sre"]', '"sre"', "list"),
        ('"groups"', '["groups"]', "one claim"),
    ],
)
def test_a_file_that_describes_no_provider(described: Any, written: str, instead: str, complaint: str) -> None:
    """The dashboard does not start with one, wherever it listens, and says what is wrong."""
    described(FILE.replace(written, instead))

    with pytest.raises(NotExposable, match=complaint):
        admission.check_exposure("127.0.0.1", loopback=True)
    described()
    admission.check_exposure("0.0.0.0", loopback=False)


def test_a_file_that_everybody_may_read_is_refused(described: Any) -> None:
    """It holds what signs the cookies: the message says which rights it must have."""
    described()
    Path(os.environ[oidc.FILE]).chmod(0o644)

    with pytest.raises(NotExposable, match="chmod 600"):
        admission.check_exposure("127.0.0.1", loopback=True)
