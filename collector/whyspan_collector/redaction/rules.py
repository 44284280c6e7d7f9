"""What counts as a secret: the names and shapes that ship, and those the operator adds."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from whyspan_collector.config import WrongSetting
from whyspan_collector.redaction.names import ENDINGS, WHOLE, bare
from whyspan_collector.redaction.scan import scanner
from whyspan_collector.redaction.shapes import ASSIGNED, CARDS, SHAPES

MASK: Final = "[whyspan: redacted]"
"""What stands where a secret was."""
NAMED: Final = "named"
"""The kind of a value that is secret by its key."""
CARD: Final = "card"
CUSTOM: Final = "custom"
IS_MASKED: Final = re.compile(r"\**|\[whyspan: .*\]|[\[<(]*(?:redacted|filtered|masked|hidden)[\])>]*", re.IGNORECASE)
"""Values somebody else masked already, empty ones among them; they are not counted again."""


class Rules:
    """The compiled rules. Immutable; may be shared by threads."""

    def __init__(self, keys: Sequence[str] = (), patterns: Sequence[str] = (), cards: bool = False) -> None:
        """Compile.

        Args:
            keys: more names of secrets, matched like the built-in endings.
            patterns: more shapes of secrets, as regular expressions.
            cards: whether numbers with the checksum of payment cards are secrets.

        Raises:
            WrongSetting: names the pattern and what is wrong with it.
        """
        self.keys = tuple(filter(None, (bare(key) for key in keys)))
        self.patterns = tuple(patterns)
        self.assigned = re.compile(ASSIGNED, re.DOTALL | re.ASCII)
        self.shapes = [(kind, re.compile(pattern, re.ASCII)) for kind, pattern in SHAPES.items()]
        for pattern in patterns:
            try:
                self.shapes.append((CUSTOM, re.compile(pattern)))
            except re.error as error:
                raise WrongSetting(f"redact_patterns: {pattern!r} is no regular expression: {error}") from None
        if cards:
            self.shapes.append((CARD, re.compile(CARDS)))
        self.may_hold_a_secret: Callable[[bytes], bool] = scanner(self.keys, self.patterns, cards)
        """Whether a text in these bytes may hold a secret; what it denies holds none."""
        self.is_secret = lru_cache(maxsize=4096)(self._is_secret)
        """Whether a key names a secret."""

    def _is_secret(self, name: str) -> bool:
        last = bare(name)
        return last in WHOLE or last.endswith(ENDINGS) or (bool(self.keys) and last.endswith(self.keys))
