"""Single sign-on: who has signed in at an OpenID Connect provider, and whether that person may write.

Streamlit speaks the protocol (`st.login`, with Authlib) and signs what the provider says into a cookie; here it is read on every
request, before anything of the dashboard is served.
"""

import json
import os
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks, is_authlib_installed
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

FILE: Final = "WHYSPAN_DASHBOARD_OIDC"
SERVED: Final = ("/auth/login", "/auth/logout", "/oauth2callback")
"""What Streamlit answers to those who are not signed in yet."""
LASTS_SECONDS: Final = 12 * 3600
"""After so long the provider is asked again, so that who has left is out by the next day; Streamlit's cookie lives for 30 days."""
_LEAST: Final = 32
"""Characters of the secret that signs the cookies."""
_NEEDED: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_OF_EVERYBODY: Final = 0o007
"""Rights that are neither the owner's nor the group's: whoever reads the cookie's secret may sign in as anybody."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class WrongFile(Exception):
    """The file that describes the provider cannot be used. The message says why and what belongs there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says besides what Streamlit reads in it."""

    origin: str
    """Scheme and host under which people know the dashboard."""
    cookie_secret: str
    editors: frozenset[str]
    """E-mail addresses of those who may write, in lower case."""
    editor_claim: str | None
    """Or: the claim that says so, such as `groups`."""
    editor_values: frozenset[str]
    """One of the values it must have then."""


def settings() -> Settings | None:
    """What the file says; None where none is named. Raises WrongFile."""
    named = os.environ.get(FILE)
    return _read(Path(named)) if named else None


@cache
def _read(path: Path) -> Settings:
    try:
        if os.name == "posix" and path.stat().st_mode & _OF_EVERYBODY:
            raise WrongFile(
                f"{FILE}: everybody on this machine may read {path}, which holds secrets: `chmod 600 {path}`"
            )
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongFile(f"{FILE}: {path} cannot be read as TOML: {error}") from error
    auth, ours = _section(document, "auth", path), _section(document, "whyspan", path)
    if missing := [name for name in _NEEDED if not isinstance(auth.get(name), str) or not auth[name]]:
        raise WrongFile(f"{FILE}: the section [auth] of {path} lacks {', '.join(missing)}; docs/dashboard.md has one")
    if len(auth["cookie_secret"]) < _LEAST:
        raise WrongFile(f"{FILE}: cookie_secret needs {_LEAST} characters; `openssl rand -hex 32` makes one")
    provider, own = urlsplit(auth["server_metadata_url"]), urlsplit(auth["redirect_uri"])
    if provider.scheme != "https" and provider.hostname not in _LOOPBACK:
        raise WrongFile(
            f"{FILE}: server_metadata_url must begin with https://, or anybody on the way decides who you are"
        )
    if own.path != "/oauth2callback":
        raise WrongFile(f"{FILE}: redirect_uri is the dashboard's address with the path /oauth2callback")
    if not is_authlib_installed():
        raise WrongFile(f"{FILE}: single sign-on needs Authlib: pip install 'whyspan[oidc]'")
    if not isinstance(ours.get("editor_claim", ""), str):
        raise WrongFile(f'{FILE}: editor_claim of {path} must be the name of one claim, such as "groups"')
    return Settings(
        f"{own.scheme}://{own.netloc}",
        auth["cookie_secret"],
        frozenset(each.lower() for each in _words(ours, "editors", path)),
        ours.get("editor_claim"),
        frozenset(_words(ours, "editor_values", path)),
    )


def _section(document: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise WrongFile(f"{FILE}: {name} of {path} must be a section")
    return found


def _words(section: Mapping[str, Any], name: str, path: Path) -> list[str]:
    found = section.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise WrongFile(f'{FILE}: {name} of {path} must be a list of words, such as ["ada@example.com"]')
    return found


def signed_in(cookies: Mapping[str, str]) -> dict[str, Any] | None:
    """The claims of who has signed in; None where nobody has, it was too long ago, or the cookie is not ours."""
    known = settings()
    if known is None:
        return None

    def decoded(name: str) -> bytes | None:
        given = cookies.get(name)
        return decode_signed_value(known.cookie_secret, name, given.encode("latin-1", "ignore")) if given else None

    try:
        claims = json.loads(get_cookie_with_chunks(decoded, USER_COOKIE_NAME) or b"null")
    except ValueError:
        return None
    if not isinstance(claims, dict) or not claims.get("is_logged_in") or claims.get("origin") != known.origin:
        return None
    issued = claims.get("iat")
    fresh = isinstance(issued, int | float) and time.time() - issued < LASTS_SECONDS
    return claims if fresh else None


def may_write(claims: Mapping[str, Any]) -> bool:
    """Whether this person is among the editors, by an e-mail address the provider has verified or by a claim."""
    known = settings()
    if known is None:
        return False
    email = claims.get("email")
    if claims.get("email_verified") is True and isinstance(email, str) and email.lower() in known.editors:
        return True
    said = claims.get(known.editor_claim) if known.editor_claim else None
    return bool(
        known.editor_values & {each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str)}
    )


def name_of(claims: Mapping[str, Any]) -> str:
    """Whom to write down: the verified e-mail address, else the provider's own id of the person; anything else they may have chosen."""
    said = (claims.get("email") if claims.get("email_verified") is True else None, claims.get("sub"))
    return next((each for each in said if isinstance(each, str) and each), "somebody who signed in")


def sign_in_address() -> str:
    """Where signing in begins; good for two minutes."""
    return f"/auth/login?provider={encode_provider_token('default')}"
