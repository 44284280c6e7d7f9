"""OTLP in, records out: one pure step from the bytes of a request to `Span` and `Log`.

Protobuf and OTLP/JSON both become the protobuf message first, so there is one decoder and one set of rules.
A record that cannot be kept is rejected by name; the others of its request are kept.
"""

from whyspan_collector.otlp.answers import CONTENT_TYPES, answer, read_answer, read_refusal, refusal
from whyspan_collector.otlp.batch import Batch, decode
from whyspan_collector.otlp.content_encoding import TooLarge, inflate
from whyspan_collector.otlp.encode import encode
from whyspan_collector.otlp.files import Request, detect, requests
from whyspan_collector.otlp.messages import log_from_bytes, span_from_bytes
from whyspan_collector.otlp.sent import Received, receive
from whyspan_collector.otlp.shape import ENCODINGS, SHAPES, SIGNALS, Encoding, Malformed, Signal, service_name
from whyspan_collector.otlp.to_json import to_json

__all__ = [
    "CONTENT_TYPES",
    "ENCODINGS",
    "SHAPES",
    "SIGNALS",
    "Batch",
    "Encoding",
    "Malformed",
    "Received",
    "Request",
    "Signal",
    "TooLarge",
    "answer",
    "decode",
    "detect",
    "encode",
    "inflate",
    "log_from_bytes",
    "read_answer",
    "read_refusal",
    "receive",
    "refusal",
    "requests",
    "service_name",
    "span_from_bytes",
    "to_json",
]
