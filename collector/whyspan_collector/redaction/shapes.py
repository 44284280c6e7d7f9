"""Which values are secrets by their shape: keys of well-known services, tokens, private keys, passwords in URLs.

What is masked is the group that matched, or the whole match where a pattern has none. Every pattern is linear in the
text: it begins where a word begins or its repetitions are bounded, because the text is a stranger's.
"""

from typing import Final

_START: Final = r"(?<![\w-])"

SHAPES: Final[dict[str, str]] = {
    "private key": r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^\"]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|(?=\")|\Z)",
    "token": (
        _START + r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"  # JSON Web Token: two JSON objects in base64
        r"|(?i:\bbearer)\s{1,9}((?=[^\s\"']*\d)[\w.~+/=-]{16,})"
        r"|(?i:\bauthorization)\\{0,9}[\"']?\s{0,9}[:=]\s{0,9}\\{0,9}[\"']?(?i:basic|bearer|token)\s{1,9}([^\s\"'\\]{6,})"
    ),
    "api key": (
        _START + r"(?:(?:sk|gsk)[-_](?=[\w-]*\d)[\w-]{20,}"  # OpenAI, Anthropic, OpenRouter, Langfuse, Groq
        r"|[srp]k_(?:live|test)_\w{16,}|whsec_\w{16,}"  # Stripe
        r"|gh[pousr]_\w{36,}|github_pat_\w{22,}"
        r"|glpat-[\w-]{20,}"  # GitLab
        r"|xox[abeoprs]-[\w-]{10,}"  # Slack
        r"|A[KS]IA[A-Z0-9]{16}\b"  # AWS
        r"|AIza[\w-]{35,}"  # Google
        r"|hf_[A-Za-z]{30,})"  # Hugging Face
    ),
    "password in a URL": r"://[^\s/:@\"']{0,64}:([^\s/@\"']{1,256})@",
}
"""Kind -> pattern. The kinds are what `status` counts by."""

CARDS: Final = r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"
"""Numbers that may be payment cards; the Luhn checksum decides."""

ASSIGNED: Final = (
    r"(?<![\w.-])(?P<name>[\w.-]{1,80})(?:\\{0,9}[\"'])?\s{0,9}(?P<sign>[=:])\s{0,9}"
    r"(?:(?P<quote>\\{0,9}[\"'])(?P<quoted>.{1,4096}?)(?P=quote)|(?P<plain>[^\s\"'\\,;&<>(){}\[\]]{4,}))"
)
"""`name=value`, `name: value` and `'name': 'value'` in text that is no JSON."""


def is_card(text: str) -> bool:
    """Whether the digits of a text pass the Luhn checksum of payment cards."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1
