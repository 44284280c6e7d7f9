"""Spans as OTLP: the protobuf bytes of an export request, written directly.

OpenTelemetry's encoder builds a message object for every attribute, which takes the interpreter away from the program
for about twice as long as this (35 against 68 microseconds of CPU for a tool's span). A test compares the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from struct import pack
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import SpanContext

from whyspan import semconv

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link

    from whyspan.chain import Chains

REQUEST_BYTES: Final = 4 * 2**20
"""Size at which a request is full; receivers commonly stop at 4 MiB (gRPC) or 20 to 64 MiB (HTTP)."""
_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
"""SpanFlags of trace.proto: whether the parent is in another process is known, and is so."""


def requests(
    spans: Iterable["ReadableSpan"], extra: Mapping[str, int], chains: "Chains"
) -> Iterable[tuple[bytes, int]]:
    """The bodies of export requests for these spans, each with how many are in it.

    Two bodies one after the other are the body of one request with the spans of both: that is protobuf's rule for
    repeated fields, and lets a spool append without reading.

    Args:
        spans: Ended spans, or pending ones without an end.
        extra: Attributes that are added to every resource.
        chains: Ended spans become the next entries of these.
    """
    groups: dict[tuple[Resource, InstrumentationScope | None], list[bytes]] = {}
    size = count = 0
    for span in spans:
        encoded = _field(2, _chained(span, chains))
        groups.setdefault((span.resource, span.instrumentation_scope), []).append(encoded)
        size, count = size + len(encoded), count + 1
        if size >= REQUEST_BYTES:
            yield _request(groups, extra), count
            groups, size, count = {}, 0, 0
    if count:
        yield _request(groups, extra), count


def _request(
    groups: Mapping[tuple["Resource", "InstrumentationScope | None"], list[bytes]], extra: Mapping[str, int]
) -> bytes:
    body = []
    for (resource, scope), spans in groups.items():
        named = b"" if scope is None else _scope(scope)
        schema = scope.schema_url if scope is not None else None
        scope_spans = b"".join((_field(1, named), *spans, _text(3, schema)))
        described = _field(1, _attributes(1, {**resource.attributes, **extra}))
        body.append(_field(1, described + _field(2, scope_spans) + _text(3, resource.schema_url)))
    return b"".join(body)


def _scope(scope: "InstrumentationScope") -> bytes:
    return _text(1, scope.name) + _text(2, scope.version) + _attributes(3, scope.attributes)


def _chained(span: "ReadableSpan", chains: "Chains") -> bytes:
    """A span with its entry in the chain behind it; one that is pending will be replaced, so it has none."""
    content = _span(span)
    if span.context is None or not span.end_time:
        return content
    return content + _attributes(9, {semconv.CHAIN: chains.add(span.context.trace_id, content)})


def _span(span: "ReadableSpan") -> bytes:
    context, parent = span.get_span_context(), span.parent
    if context is None:  # no span of a tracer is without one
        return b""
    state = ",".join(f"{key}={value}" for key, value in context.trace_state.items()) if context.trace_state else None
    return b"".join(
        (
            _ids(context),
            _text(3, state),
            b"" if parent is None else _field(4, parent.span_id.to_bytes(8, "big")),
            _text(5, span.name),
            _number(6, span.kind.value + 1),
            _time(7, span.start_time),
            _time(8, span.end_time),
            _attributes(9, span.attributes),
            _number(10, span.dropped_attributes),
            *(_field(11, _event(event)) for event in span.events),
            _number(12, span.dropped_events),
            *(_field(13, _link(link)) for link in span.links),
            _number(14, span.dropped_links),
            _field(15, _text(2, span.status.description) + _number(3, span.status.status_code.value)),
            _flags(16, parent),
        )
    )


def _event(event: "Event") -> bytes:
    return (
        _time(1, event.timestamp)
        + _text(2, event.name)
        + _attributes(3, event.attributes)
        + _number(4, event.dropped_attributes)
    )


def _link(link: "Link") -> bytes:
    attributes = _attributes(4, link.attributes) + _number(5, link.dropped_attributes)
    return _ids(link.context) + attributes + _flags(6, link.context)


def _ids(context: SpanContext) -> bytes:
    return _field(1, context.trace_id.to_bytes(16, "big")) + _field(2, context.span_id.to_bytes(8, "big"))


def _flags(number: int, parent: SpanContext | None) -> bytes:
    remote = _IS_REMOTE if parent is not None and parent.is_remote else 0
    return _tag(number, 5) + pack("<I", _HAS_REMOTE | remote)


def _attributes(number: int, attributes: Mapping[str, Any] | None) -> bytes:
    if not attributes:
        return b""
    tag = _tag(number, 2)
    encoded: list[bytes] = []
    for name, value in attributes.items():
        if type(value) is str:  # nearly all are, so this is `_value` written out
            text = value.encode("utf-8", "replace")
            content = b"\x0a" + _varint(len(text)) + text
        else:
            content = _value(value)
        pair = (_keys.get(name) or _key(name)) + b"\x12" + _varint(len(content)) + content
        encoded += (tag, _varint(len(pair)), pair)
    return b"".join(encoded)


_keys: dict[str, bytes] = {}


def _key(key: str) -> bytes:
    """An attribute's name as a field; few different ones, so they are kept, but not without end."""
    encoded = _field(1, key.encode("utf-8", "replace"))
    if len(_keys) < 1000:
        _keys[key] = encoded
    return encoded


def _value(value: Any) -> bytes:
    """The AnyValue message; an integer that OTLP cannot carry becomes text."""
    match value:
        case str():
            encoded = _field(1, value.encode("utf-8", "replace"))
        case bool():
            encoded = b"\x10\x01" if value else b"\x10\x00"
        case int() if -(2**63) <= value < 2**63:
            encoded = b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
        case int() if value.bit_length() > 10_000:  # Python refuses to print it
            encoded = _field(1, f"[whyspan: integer of {value.bit_length()} bits]".encode())
        case float():
            encoded = pack("<Bd", 4 << 3 | 1, value)
        case bytes():
            encoded = _field(7, value)
        case None:
            encoded = b""
        case Mapping():
            encoded = _field(6, _attributes(1, value))
        case Sequence():
            encoded = _field(5, b"".join(_field(1, _value(item)) for item in value))
        case _:
            encoded = _field(1, str(value).encode("utf-8", "replace"))
    return encoded


def _text(number: int, text: str | None) -> bytes:
    return _field(number, text.encode("utf-8", "replace")) if text else b""


def _time(number: int, value: int | None) -> bytes:
    return pack("<BQ", number << 3 | 1, value) if value else b""


def _number(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value) if value else b""


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field: bytes, text or message."""
    return _tag(number, 2) + _varint(len(content)) + content


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return _SMALL[value]
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


_SMALL = [bytes((value,)) for value in range(0x80)]
