"""Who may send and who may read: tokens, certificates, and the rule that only loopback goes without them.

Two tokens, because an agent that may write its traces should not be able to read everybody's.
"""

import hmac
import ipaddress
import os
import ssl
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from whyspan_collector.config import Config, WrongSetting

INGEST_TOKEN: Final = "WHYSPAN_INGEST_TOKEN"  # noqa: S105 - the name of a variable
READ_TOKEN: Final = "WHYSPAN_READ_TOKEN"  # noqa: S105
CERTIFICATE: Final = "WHYSPAN_TLS_CERTIFICATE"
_END: Final = "-----END CERTIFICATE-----"


class Unauthorized(Exception):
    """The request does not carry the token this collector demands."""


# --- the collector's side -------------------------------------------------------------------------------------


def check_exposure(config: Config) -> None:
    """Refuse settings that would let strangers in. Raises WrongSetting, which says what to set."""
    if not _is_loopback(config.host):
        missing = [
            name
            for name, token in ((INGEST_TOKEN, config.ingest_token), (READ_TOKEN, config.read_token))
            if token is None
        ]
        if missing:
            raise WrongSetting(
                f"{config.host} can be reached from other machines, and traces hold prompts: set {' and '.join(missing)}"
                " (at least 16 characters each; `openssl rand -hex 32` makes one), or listen on 127.0.0.1."
            )
    if config.tls_certificate:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_certificate, config.tls_key)
        except OSError as error:  # ssl.SSLError is one
            raise WrongSetting(f"{CERTIFICATE} and WHYSPAN_TLS_KEY cannot be used: {error}") from error


def warning(config: Config) -> str | None:
    """What to tell the operator about how the collector is reached; None when there is nothing."""
    if _is_loopback(config.host) or config.tls_certificate:
        return None
    return (
        f"{config.host} is served without TLS, so tokens and traces can be read on the way:"
        f" set {CERTIFICATE} and WHYSPAN_TLS_KEY, or put a TLS proxy in front"
    )


def check_token(token: SecretStr | None, authorization: str, variable: str) -> None:
    """Let a request with this Authorization header pass, or raise Unauthorized. Takes the same time however wrong it is.

    Args:
        token: what is demanded; None lets everybody pass.
        authorization: the header, empty where there is none.
        variable: the environment variable that holds the token, for the message.
    """
    if token is None:
        return
    scheme, _, given = authorization.partition(" ")
    is_right = hmac.compare_digest(given.strip().encode(), token.get_secret_value().encode())
    if not (is_right and scheme.lower() == "bearer"):
        raise Unauthorized(f"this collector demands the header `Authorization: Bearer` with the value of {variable}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- the side of those who ask it: the same variables, so that one environment file serves both ----------------


def bearer(variable: str) -> dict[str, str]:
    """The Authorization header for the token in an environment variable; none where it is not set."""
    token = os.environ.get(variable)
    return {"authorization": f"Bearer {token}"} if token else {}


def trust(url: str) -> ssl.SSLContext | bool:
    """Whom to believe to be the collector at a URL: who holds the configured certificate's key, else what public CAs say.

    A certificate names the host others use, and local processes come by 127.0.0.1: the very certificate counts, not its names.
    """
    if not url.startswith("https:"):
        return False  # nothing to verify, and loading the public certificates takes 0.1 s
    certificate = os.environ.get(CERTIFICATE)
    if not certificate:
        return True
    own = Path(certificate).read_text(encoding="ascii").partition(_END)[0] + _END
    context = ssl.create_default_context(cadata=own)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
