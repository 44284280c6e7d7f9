"""Finding secrets in text and in JSON: by the name they go by, and by the shape they have.

The shapes are those the issuers of keys document. Card numbers must begin like one and pass Luhn's check (ISO/IEC
7812-1), because traces are full of long numbers that are none.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

_DEPTH_LIMIT: Final = 64
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset(
    {
        *("apikey", "authorization", "cookie", "cookies", "credential", "credentials", "cvc", "cvv", "passphrase"),
        *("passwd", "password", "passwords", "pwd", "secret", "secrets", "ssn"),
    }
)
_KEY_WORDS = frozenset({"access", "api", "auth", "encryption", "master", "private", "secret", "signing"})
_HARMLESS_TOKENS = frozenset(
    {
        *("bos", "continuation", "cursor", "eos", "input", "max", "next", "output", "pad", "page", "pagination"),
        *("prompt", "stop", "unk"),
    }
)
_NAME_HINTS = ("auth", "cookie", "credential", "cvc", "cvv", "key", "pass", "pwd", "secret", "ssn", "token")
"""One of these is in every name that is secret, in lower case."""
_NAMED = re.compile(r"""(?P<name>(?<![\w-])[A-Za-z][\w-]{1,63})(?P<gap>=|["']\s*:\s*["'])(?P<value>[^\s"'&,;}]{4,})""")
"""`password=...` in an address or a command, `"password": "...` in JSON that was cut."""


class _Shape(NamedTuple):
    """A kind of secret that can be told by what it looks like."""

    name: str
    hints: tuple[str, ...]
    """One of these is in every text that has such a secret: looking for them is fifty times as fast as the pattern."""
    pattern: re.Pattern[str]


_SHAPES = (
    _Shape("API key", ("sk-",), re.compile(r"sk-(?<![A-Za-z0-9]sk-)[A-Za-z0-9_-]{20,}")),  # OpenAI, Anthropic
    _Shape("API key", ("k_live_", "k_test_"), re.compile(r"[prs]k_(?:live|test)_[A-Za-z0-9]{16,}")),  # Stripe
    _Shape("API key", ("AKIA", "ASIA"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),  # AWS
    _Shape("API key", ("AIza",), re.compile(r"AIza[A-Za-z0-9_-]{35}")),  # Google
    _Shape("API key", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), re.compile(r"gh[pousr]_[A-Za-z0-9]{36,}")),  # GitHub
    _Shape("API key", ("github_pat_",), re.compile(r"github_pat_\w{22,}")),
    _Shape("API key", ("glpat-",), re.compile(r"glpat-[A-Za-z0-9_-]{20,}")),  # GitLab
    _Shape("API key", ("xox",), re.compile(r"xox[abeprs]-[A-Za-z0-9-]{10,}")),  # Slack
    _Shape("API key", ("hf_",), re.compile(r"hf_[A-Za-z0-9]{30,}")),  # Hugging Face
    _Shape("API key", ("npm_",), re.compile(r"npm_[A-Za-z0-9]{36}")),
    _Shape("API key", ("SG.",), re.compile(r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")),  # SendGrid
    _Shape(
        "JSON web token",
        ("eyJ",),
        re.compile(r"eyJ(?<![\w-]eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ),
    _Shape("bearer token", ("earer ",), re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*")),
    _Shape(
        "private key",
        ("PRIVATE KEY-",),
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    _Shape("login", ("://",), re.compile(r"(?<=://)[^/\s:@\"]{1,256}:[^/\s@\"]{1,256}(?=@)")),
)
_CARD = re.compile(r"[2-6](?<![\w.-][2-6])[0-9]{3}(?:[ -]?[0-9]){9,15}(?![\w-])")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Masker:
    """Replaces secrets by a mark that says what they were."""

    names: frozenset[str] = frozenset()
    """Further names whose values are secret, in lower case."""
    emails: bool = False
    """Whether e-mail addresses are secrets."""

    def is_secret(self, name: str) -> bool:
        """True for a name that secrets go by: `password`, `api_key`, `X-Auth-Token`, not `max_tokens`."""
        return name.lower() in self.names or _is_secret(name)

    def text(self, text: str) -> tuple[str, int]:
        """The text with its secrets masked, and how many there were; JSON stays JSON."""
        if not self._is_suspicious(text):
            return text, 0
        if text[0] in "{[":
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):  # cut, or only looks like it
                pass
            else:
                masked, count = self.value(value)
                return (json.dumps(masked, ensure_ascii=False), count) if count else (text, 0)
        return self._shapes(text)

    def value(self, value: Any, depth: int = 0) -> tuple[Any, int]:
        """A value made of JSON's types, likewise."""
        if isinstance(value, str):
            return self.text(value) if value else (value, 0)
        if isinstance(value, dict | list | tuple) and depth > _DEPTH_LIMIT:
            return "[whyspan: masked, nested too deep to be searched]", 1
        if isinstance(value, dict):
            pairs = {key: self._item(key, item, value, depth) for key, item in value.items()}
            return {key: item for key, (item, _) in pairs.items()}, sum(count for _, count in pairs.values())
        if isinstance(value, list | tuple):
            items = [self.value(item, depth + 1) for item in value]
            return [item for item, _ in items], sum(count for _, count in items)
        if isinstance(value, int) and 10**12 <= value < 10**19 and _is_card(str(value)):
            return _mark("card number"), 1
        return value, 0

    def _item(self, key: str, item: Any, around: dict[str, Any], depth: int) -> tuple[Any, int]:
        secret = self.is_secret(key) and not (key == "token" and "logprob" in around)
        if secret and item not in (None, "", True, False):
            return _mark(key), 1
        return self.value(item, depth + 1)

    def _is_suspicious(self, text: str) -> bool:
        """Whether to look closer; most texts have neither a name nor a shape in them."""
        if _short_has_hint(text) if len(text) <= _SHORT else _has_hint(text):
            return True
        lower = text.lower() if self.names else ""
        return any(name in lower for name in self.names) or (self.emails and "@" in text)

    def _shapes(self, text: str) -> tuple[str, int]:
        count = 0

        def mask_value(found: re.Match[str]) -> str:
            nonlocal count
            if not self.is_secret(found["name"]) or found["value"].startswith("[whyspan:"):
                return found[0]
            count += 1
            return f"{found['name']}{found['gap']}{_mark(found['name'])}"

        def mask_card(found: re.Match[str]) -> str:
            nonlocal count
            if not _is_card(found[0]):
                return found[0]
            count += 1
            return _mark("card number")

        text = _NAMED.sub(mask_value, text)
        text = _CARD.sub(mask_card, text)
        for shape in _SHAPES:
            if any(hint in text for hint in shape.hints):
                text, more = shape.pattern.subn(_mark(shape.name), text)
                count += more
        if self.emails and "@" in text:
            text, more = _EMAIL.subn(_mark("e-mail address"), text)
            count += more
        return text, count


def _mark(what: str) -> str:
    return f"[whyspan: masked {what}]"


def _has_hint(text: str) -> bool:
    lower = text.lower()
    if any(hint in lower for hint in _NAME_HINTS) or _CARD.search(text) is not None:
        return True
    return any(hint in text for shape in _SHAPES for hint in shape.hints)


_SHORT: Final = 48
"""Characters of the names and kinds that come again and again; what is remembered of them stays small."""
_short_has_hint = lru_cache(maxsize=2048)(_has_hint)


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or len(name) > 256:
        return False
    if _SECRET_WORDS.intersection(words) or words == ["auth"]:
        return True
    if words[-1] == "token":
        return not _HARMLESS_TOKENS.intersection(words)
    return any(first in _KEY_WORDS and second == "key" for first, second in pairwise(words))


def _begins_like_a_card(text: str) -> bool:
    """American Express and Diners (3), Visa (4), Mastercard (51-55, 22-27), Discover and UnionPay (6)."""
    return text[0] in "346" or "51" <= text[:2] <= "55" or "22" <= text[:2] <= "27"


def _is_card(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    if not 13 <= len(digits) <= 19 or not _begins_like_a_card(text):
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
