"""OTLP bodies become records: every field is kept, and a bad record costs only itself."""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from whyspan_collector import otlp

TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(1, 9))
ONLY_IN_PROFILES = {"key_strindex", "string_value_strindex"}
"""Fields of the common messages that point into the dictionary of a profile; traces and logs have none."""


def traces() -> Any:
    """A request with one span that has ids and nothing else."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=TRACE_ID, span_id=SPAN_ID)
    return request


def logs() -> Any:
    """A request with one empty log record."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add()
    return request


def json_traces(*spans: Any) -> bytes:
    """An OTLP/JSON request with these spans."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


GOOD = {"traceId": TRACE_ID.hex(), "spanId": SPAN_ID.hex(), "name": "good"}

# --- nothing of OTLP is lost ----------------------------------------------------------------------------------


def leaves(descriptor: Descriptor, path: tuple[FieldDescriptor, ...] = ()) -> Iterator[tuple[FieldDescriptor, ...]]:
    """The path of every scalar field, each message type entered once a path (AnyValue nests for ever)."""
    for field in descriptor.fields:
        if field.message_type is None:
            yield (*path, field)
        elif all(field.message_type is not step.message_type for step in path):
            yield from leaves(field.message_type, (*path, field))


def parent_of(message: Any, path: tuple[FieldDescriptor, ...]) -> Any:
    """The message that holds the field at the path, created where needed: the first element of every list on the way."""
    for field in path[:-1]:
        message = getattr(message, field.name)
        if field.is_repeated:
            message = message[0] if message else message.add()
        else:
            message.SetInParent()
    return message


def set_leaf(message: Any, field: FieldDescriptor) -> None:
    """Give a field a value no default has."""
    sizes = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
    values = {
        FieldDescriptor.CPPTYPE_STRING: "sentinel",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_ENUM: 2,
    }
    value: Any = values.get(field.cpp_type, 77)
    if field.type == FieldDescriptor.TYPE_BYTES:
        value = b"\x77" * sizes.get(field.name, 3)
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


@pytest.mark.parametrize(("signal", "empty"), [("traces", traces), ("logs", logs)])
def test_every_field_of_otlp_has_a_place(signal: otlp.Signal, empty: Any) -> None:
    """Setting any single field of the protobuf schema changes the decoded record."""
    seen = 0
    for path in leaves(empty().DESCRIPTOR):
        if path[-1].name in ONLY_IN_PROFILES:
            continue
        with_field, without = empty(), empty()
        parent_of(without, path)
        set_leaf(parent_of(with_field, path), path[-1])
        if (
            path[-1].name == "observed_time_unix_nano"
        ):  # shows beside the event time, which it replaces where there is none
            for request in (with_field, without):
                request.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano = 5
        decoded = otlp.decode(signal, with_field.SerializeToString(), "protobuf")
        assert not decoded.rejected
        name = ".".join(field.name for field in path)
        assert decoded != otlp.decode(signal, without.SerializeToString(), "protobuf"), f"{name} is lost"
        seen += 1
    assert seen > 40


# --- protobuf and JSON say the same ---------------------------------------------------------------------------

any_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fill(message: AnyValue, value: Any) -> None:
    """Write a Python value the way an SDK does."""
    if isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int):
        message.int_value = value
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bytes):
        message.bytes_value = value
    elif isinstance(value, list):
        message.array_value.SetInParent()
        for item in value:
            fill(message.array_value.values.add(), item)
    elif isinstance(value, dict):
        message.kvlist_value.SetInParent()
        for key, item in value.items():
            fill(message.kvlist_value.values.add(key=key).value, item)


def same(left: Any, right: Any) -> bool:
    """Equal in value and type, NaN equal to NaN."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


def as_otlp_json(request: Any) -> bytes:
    """The JSON form of a request as OTLP defines it: ids in hexadecimal, 64-bit integers as text, enums as numbers."""

    def with_hex_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_hex_ids(item) for item in value]
        if isinstance(value, dict):
            return {
                key: base64.b64decode(item).hex()
                if key in {"traceId", "spanId", "parentSpanId"}
                else with_hex_ids(item)
                for key, item in value.items()
            }
        return value

    return json.dumps(with_hex_ids(MessageToDict(request, use_integers_for_enums=True))).encode()


@given(value=any_values)
def test_values_survive_both_encodings(value: Any) -> None:
    """Any value an SDK can write comes back equal, from protobuf and from JSON, on a span and as the body of a log."""
    request = traces()
    fill(request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k").value, value)
    body = logs()
    fill(body.resource_logs[0].scope_logs[0].log_records[0].body, value)

    for decoded in (
        otlp.decode("traces", request.SerializeToString(), "protobuf").spans[0].attributes["k"],
        otlp.decode("traces", as_otlp_json(request), "json").spans[0].attributes["k"],
        otlp.decode("logs", body.SerializeToString(), "protobuf").logs[0].body,
        otlp.decode("logs", as_otlp_json(body), "json").logs[0].body,
    ):
        assert same(value, decoded)


@given(trace_id=st.binary(max_size=20), span_id=st.binary(max_size=10), parent=st.binary(max_size=10))
def test_ids_are_kept_exactly_when_they_are_sound(trace_id: bytes, span_id: bytes, parent: bytes) -> None:
    """A span with 16 and 8 bytes of id, not all zero, is kept with them in hexadecimal; any other is rejected by name."""
    request = traces()
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.name, span.trace_id, span.span_id, span.parent_span_id = "the span", trace_id, span_id, parent
    sound = len(trace_id) == 16 and any(trace_id) and len(span_id) == 8 and any(span_id) and len(parent) in {0, 8}

    batch = otlp.decode("traces", request.SerializeToString(), "protobuf")

    if sound:
        kept = (batch.spans[0].trace_id, batch.spans[0].span_id, batch.spans[0].parent_span_id)
        assert kept == (trace_id.hex(), span_id.hex(), parent.hex() if any(parent) else None)
    else:
        assert not batch.spans
        assert "'the span'" in batch.rejected[0]


# --- what senders make of JSON --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"traceId": base64.b64encode(TRACE_ID).decode(), "spanId": base64.b64encode(SPAN_ID).decode()}, {}),
        ({"traceId": TRACE_ID.hex().upper()}, {}),
        ({"kind": 3}, {"otel_kind": "client"}),
        ({"kind": "SPAN_KIND_CLIENT"}, {"otel_kind": "client"}),
        ({"kind": 9}, {"otel_kind": "unspecified", "extra": {"kind": 9}}),
        ({"status": {"code": 0}}, {"status": "unset"}),
        ({"status": {"code": "STATUS_CODE_ERROR", "message": "m"}}, {"status": "error", "status_message": "m"}),
        ({"status": None, "attributes": None, "notInOtlp": {"a": 1}}, {"status": "unset"}),
        ({"startTimeUnixNano": 1, "endTimeUnixNano": "0"}, {"start_ns": 1, "end_ns": 0}),
        ({"startTimeUnixNano": str(2**64 - 1), "endTimeUnixNano": 7.0}, {"start_ns": 2**64 - 1, "end_ns": 7}),
        ({"name": "cut\ud83d"}, {"name": "cut\ufffd"}),
        ({"parentSpanId": ""}, {"parent_span_id": None}),
        ({"parentSpanId": "0" * 16}, {"parent_span_id": None}),
        ({"attributes": [{"key": "k", "value": {"intValue": 5}}]}, {"attributes": {"k": 5}}),
        ({"attributes": [{"key": "k", "value": {"doubleValue": math.inf}}]}, {"attributes": {"k": math.inf}}),
        ({"attributes": [{"key": "k", "value": {"doubleValue": "-Infinity"}}]}, {"attributes": {"k": -math.inf}}),
        ({"attributes": [{"key": "k", "value": {"doubleValue": 3}}]}, {"attributes": {"k": 3.0}}),
        ({"attributes": [{"key": "k", "value": {"stringValue": ""}}]}, {"attributes": {"k": ""}}),
        ({"attributes": [{"key": "k", "value": {}}, {"key": "l"}]}, {"attributes": {"k": None, "l": None}}),
    ],
)
def test_json_is_read_as_it_is_sent(span: dict[str, Any], expected: dict[str, Any]) -> None:
    """What real JSON exporters write is understood: both forms of ids, numbers and enums, cut texts, nulls."""
    batch = otlp.decode("traces", json_traces(GOOD | span), "json")

    assert batch.rejected == []
    assert batch.spans[0].trace_id == TRACE_ID.hex()
    assert {name: getattr(batch.spans[0], name) for name in expected} == expected


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"traceId": "xyz"}, "traceId must be 32 hexadecimal digits, got 'xyz'"),
        ({"traceId": 5}, "traceId must be 32 hexadecimal digits, got 5"),
        ({"traceId": ""}, "trace_id must be 16 bytes"),
        ({"spanId": "0" * 16}, "span_id must be 8 bytes and not all zero"),
        ({"parentSpanId": "abcd"}, "parent_span_id must be 8 bytes or absent"),
        ({"name": ["a"]}, "name must be a text, got ['a']"),
        ({"kind": "CLIENT"}, "SpanKind must be an integer, got 'CLIENT'"),
        ({"startTimeUnixNano": -1}, "-1"),
        ({"startTimeUnixNano": str(2**64)}, str(2**64)),
        ({"startTimeUnixNano": True}, "startTimeUnixNano must be an integer, got True"),
        ({"attributes": {"k": "v"}}, "attributes must be a list"),
        ({"attributes": [{"key": "k", "value": {"intValue": str(2**63)}}]}, str(2**63)),
        ({"attributes": [{"key": "k", "value": {"intValue": 1.5}}]}, "intValue must be an integer, got 1.5"),
        ({"attributes": [{"key": "k", "value": {"boolValue": 1}}]}, "boolValue must be true or false, got 1"),
        ({"attributes": [{"key": "k", "value": {"bytesValue": "%"}}]}, "bytesValue must be base64, got '%'"),
        ({"attributes": [{"key": "k", "value": "v"}]}, "AnyValue must be an object, got 'v'"),
        ({"links": [{"traceId": "q"}]}, "traceId must be"),
    ],
)
def test_a_bad_span_costs_only_itself(bad: dict[str, Any], reason: str) -> None:
    """A span that cannot be kept is named with the reason; its neighbours are kept."""
    batch = otlp.decode("traces", json_traces(GOOD, GOOD | {"name": "bad"} | bad, GOOD), "json")

    assert [span.name for span in batch.spans] == ["good", "good"]
    assert len(batch.rejected) == 1
    assert batch.rejected[0].startswith("span ")
    assert reason in batch.rejected[0]


def test_a_span_that_is_no_text_costs_only_itself_in_protobuf() -> None:
    """Bytes that are not UTF-8 in one span leave the other spans, their resource and their scope as they were sent."""
    request = traces()
    group = request.resource_spans[0]
    group.resource.attributes.add(key="service.name").value.string_value = "shop"
    group.scope_spans[0].scope.name = "scope"
    group.scope_spans[0].spans[0].name = "good"
    group.scope_spans[0].spans.add(trace_id=TRACE_ID, span_id=SPAN_ID[::-1], name="BROKEN")
    group.scope_spans[0].spans.add(trace_id=TRACE_ID, span_id=SPAN_ID[:7] + b"x", name="good too")

    batch = otlp.decode("traces", request.SerializeToString().replace(b"BROKEN", b"\xff" * 6), "protobuf")

    assert [(span.name, span.service, span.scope) for span in batch.spans] == [
        ("good", "shop", "scope"),
        ("good too", "shop", "scope"),
    ]
    assert [reason.startswith("span number 2 of the request: ") for reason in batch.rejected] == [True]


def nested(depth: int) -> dict[str, Any]:
    """An AnyValue inside AnyValues."""
    value: dict[str, Any] = {"intValue": 1}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def test_depth_has_an_end() -> None:
    """A value nested beyond reason costs its span, not the process."""
    batch = otlp.decode(
        "traces", json_traces(GOOD, GOOD | {"attributes": [{"key": "k", "value": nested(240)}]}), "json"
    )

    assert len(batch.spans) + len(batch.rejected) == 2


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"\xff\xff", "protobuf", "not an OTLP traces request in protobuf"),
        (traces().SerializeToString()[:-3], "protobuf", "not an OTLP traces request in protobuf"),
        (b'{"resourceSpans": [', "json", "not JSON"),
        (b"\xff", "json", "not JSON"),
        (b"[" * 100_000, "json", "not JSON"),
        (b"[]", "json", "must be an object, got []"),
        (b'{"resourceSpans": 5}', "json", "resourceSpans must be a list, got 5"),
        (b'{"resourceSpans": [5]}', "json", "resourceSpans must hold objects, got 5"),
        (b'{"resourceSpans": [{"resource": 5}]}', "json", "Resource must be an object, got 5"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, encoding: otlp.Encoding, reason: str) -> None:
    """A body that is not the request it claims to be raises Malformed, which says what it is instead."""
    with pytest.raises(otlp.Malformed, match=re.escape(reason)):
        otlp.decode("traces", body, encoding)


# --- what a file holds ----------------------------------------------------------------------------------------


def test_the_signal_is_found_from_the_content(recorded: list[Any]) -> None:
    """Every recorded request says by itself whether it is traces, logs or metrics, and no text does."""
    found = {sent.signal for sent in recorded}

    assert found == {"traces", "logs", "metrics"}
    for sent in recorded:
        batch = otlp.decode(sent.signal, sent.body, sent.encoding)
        assert batch.rejected == []
        assert [bool(batch.spans), bool(batch.logs), bool(batch.points)].count(True) == 1
    for other in (b"", b"plain text", b'{"a": 1}', b'{"model": "gpt"}\n{"model": "gpt"}\n', b"\x89PNG\r\n", bytes(100)):
        assert list(otlp.requests(other, 1000)) == []


def test_json_lines_hold_one_request_a_line() -> None:
    """A file of JSON lines gives its requests one by one, whatever their signals, and skips what is none."""
    lines = b"\n".join([json_traces(GOOD), b"", b'{"resourceLogs": []}', b"no json", b'{"resourceMetrics": []}'])

    assert [(found.signal, found.encoding) for found in otlp.requests(lines, 1 << 20)] == [
        ("traces", "json"),
        ("logs", "json"),
        ("metrics", "json"),
    ]
