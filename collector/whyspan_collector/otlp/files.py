"""Which OTLP signal a body holds, found from the content alone, never from a file's name.

The three signals share one wire shape, so a body is parsed as each of them and its records are judged: a span has
a 16-byte trace id and an 8-byte span id, a metric a name and data, a log record a time or content.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from whyspan_collector.otlp.content_encoding import inflate
from whyspan_collector.otlp.from_json import camel, loads
from whyspan_collector.otlp.shape import SHAPES, Encoding, Malformed, Signal

_SAMPLE = 64
"""Records judged per signal; enough to tell the signals apart, and a bound for large files."""


class Request(NamedTuple):
    """One OTLP request found in a file."""

    signal: Signal
    encoding: Encoding
    body: bytes


def requests(content: bytes, limit: int) -> Iterator[Request]:
    """The OTLP requests in a file's content: one, or one a line in JSON lines; none when it is not OTLP.

    Gzip is undone first, to at most `limit` bytes. Raises TooLarge beyond it and Malformed for broken gzip.
    """
    body = inflate(content, "gzip", limit) if content[:2] == b"\x1f\x8b" else content
    if found := detect(body):
        yield Request(*found, body)
        return
    for line in body.splitlines():
        if found := detect(line):
            yield Request(*found, line)


def detect(body: bytes) -> tuple[Signal, Encoding] | None:
    """The signal and encoding of one (inflated) OTLP request, None when it is none or holds no record to judge by."""
    if body.lstrip()[:1] == b"{":
        try:
            document = loads(body)
        except Malformed:
            return _detect_protobuf(body)
        for signal, shape in SHAPES.items():
            if camel(shape.by_resource) in document or shape.by_resource in document:
                return signal, "json"
        return None
    return _detect_protobuf(body)


def _detect_protobuf(body: bytes) -> tuple[Signal, Encoding] | None:
    scores = {signal: _plausibility(signal, body) for signal in SHAPES}
    best = max(scores, key=scores.__getitem__)  # the first of equals: traces, whose test is the strictest
    return (best, "protobuf") if scores[best] > 0.5 else None


def _plausibility(signal: Signal, body: bytes) -> float:
    """The share of records that can be what the signal says, 0 when the body does not parse as it or holds none."""
    shape = SHAPES[signal]
    try:
        request: Any = shape.request.FromString(body)
    except DecodeError:
        return 0.0
    every = (
        record
        for group in getattr(request, shape.by_resource)
        for scoped in getattr(group, shape.by_scope)
        for record in getattr(scoped, shape.records)
    )
    records = list(islice(every, _SAMPLE))
    return sum(_is_plausible(signal, record) for record in records) / len(records) if records else 0.0


def _is_plausible(signal: Signal, record: Any) -> bool:
    unknown = UnknownFieldSet(record)
    known = record.DESCRIPTOR.fields_by_number
    if any(unknown[i].field_number in known for i in range(len(unknown))):  # our number with another wire type
        return False
    if signal == "traces":
        return len(record.trace_id) == 16 and len(record.span_id) == 8
    if signal == "metrics":
        return bool(record.name and record.WhichOneof("data"))
    sound_ids = len(record.trace_id) in {0, 16} and len(record.span_id) in {0, 8}
    return sound_ids and bool(record.time_unix_nano or record.observed_time_unix_nano or record.HasField("body"))
