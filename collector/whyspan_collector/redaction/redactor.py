"""The one place every request passes before it is written anywhere."""

import threading
from collections import Counter
from typing import NamedTuple, Self

from whyspan_collector.config import Config
from whyspan_collector.otlp.from_json import parse_json
from whyspan_collector.otlp.from_protobuf import parse_protobuf
from whyspan_collector.otlp.shape import Encoding, Signal
from whyspan_collector.redaction.messages import mask_message
from whyspan_collector.redaction.rules import Rules


class Redacted(NamedTuple):
    """A request without secrets."""

    body: bytes
    """As it came where it held none."""
    encoding: Encoding
    rejected: list[str]
    """One sentence per record that could not be parsed and is no longer in the body."""


class Redactor:
    """Masks secrets and counts them. Thread-safe."""

    def __init__(self, rules: Rules | None) -> None:
        """`rules` say what a secret is; with None nothing is."""
        self._rules = rules
        self._found: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, config: Config) -> Self:
        """The redactor of the settings. Raises WrongSetting for a pattern that is none."""
        if not config.redaction:
            return cls(None)
        return cls(Rules(config.redact_keys, config.redact_patterns, config.redact_cards))

    def redact(self, signal: Signal, body: bytes, encoding: Encoding) -> Redacted:
        """The request with its secrets masked.

        Raises:
            Malformed: the body is no such request.
        """
        if self._rules is None or not self._rules.may_hold_a_secret(body):
            return Redacted(body, encoding, [])
        request, rejected = (parse_json if encoding == "json" else parse_protobuf)(signal, body)
        found: Counter[str] = Counter()
        mask_message(request, self._rules, found)
        if not found and not rejected:
            return Redacted(body, encoding, [])
        request.DiscardUnknownFields()  # nobody looked into those
        with self._lock:
            self._found += found
        return Redacted(request.SerializeToString(), "protobuf", rejected)

    def counts(self) -> dict[str, int]:
        """How many values were masked since the start of this process, by kind."""
        with self._lock:
            return dict(self._found)
