"""OTLP in, records out: one pure step from the bytes of a request to `Span` and `Log`.

Protobuf and OTLP/JSON both become the protobuf message first, so there is one decoder and one set of rules.
A record that cannot be kept is rejected by name; the others of its request are kept.
"""

from whyspan_collector.otlp.decode import Batch, decode
from whyspan_collector.otlp.detect import Request, detect, requests
from whyspan_collector.otlp.inflate import TooLarge, inflate
from whyspan_collector.otlp.shape import Encoding, Malformed, Signal

__all__ = [
    "Batch",
    "Encoding",
    "Malformed",
    "Request",
    "Signal",
    "TooLarge",
    "decode",
    "detect",
    "inflate",
    "requests",
]
