"""Which keys name a secret: `OPENAI_API_KEY`, `http.request.header.authorization`, `clientSecret`."""

import re
from typing import Final

ENDINGS: Final = (
    "password",
    "passwd",
    "secret",
    "apikey",
    "privatekey",
    "secretkey",
    "accesskey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "sessiontoken",
    "idtoken",
    "connectionstring",
    "credential",
    "credentials",
)
"""What a name of a secret ends with, without separators. A bare `token` is none: in log probabilities it is a word."""
WHOLE: Final = frozenset({"pwd", "authorization", "proxyauthorization", "cookie", "cookies", "setcookie"})
"""Names that are secret as they are: `payment_authorization` is a number of a bank, not a secret."""

_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_INDEX: Final = re.compile(r"(?:[.\[]\d+\]?)+$")


def bare(name: str) -> str:
    """The last part of a dotted name, in lower case, without separators and index: `a.b.X-Api-Key.0` -> `xapikey`."""
    last = _INDEX.sub("", name).rpartition(".")[2]
    return _NOT_LETTERS.sub("", last.lower())
