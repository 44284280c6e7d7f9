"""OTLP/protobuf to the request message; when one record spoils the request, record by record."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError

from whyspan_collector.otlp.shape import RECORDS_FIELD, RESOURCE_FIELD, SHAPES, Malformed, Shape, Signal


def parse_protobuf(signal: Signal, body: bytes) -> tuple[Any, list[str]]:
    """The request and one sentence per record that could not be parsed (text that is not UTF-8, too deep a value).

    Raises:
        Malformed: the frame around the records is broken, e.g. truncated.
    """
    shape = SHAPES[signal]
    try:
        return shape.request.FromString(body), []
    except DecodeError as error:
        try:
            return _record_by_record(shape, body)
        except (DecodeError, ValueError):
            raise Malformed(f"the body is not an OTLP {signal} request in protobuf: {error}") from None


def _record_by_record(shape: Shape, body: bytes) -> tuple[Any, list[str]]:
    request: Any = shape.request()
    rejected: list[str] = []
    seen = 0
    for number, group_bytes, _ in _fields(body):
        if number != RESOURCE_FIELD:
            continue
        group = getattr(request, shape.by_resource).add()
        for number_in_group, scope_bytes, field in _fields(group_bytes):
            if number_in_group != RECORDS_FIELD:
                group.MergeFromString(field)
                continue
            scope = getattr(group, shape.by_scope).add()
            for number_in_scope, record_bytes, record_field in _fields(scope_bytes):
                if number_in_scope != RECORDS_FIELD:
                    scope.MergeFromString(record_field)
                    continue
                seen += 1
                records = getattr(scope, shape.records)
                try:
                    records.add().MergeFromString(record_bytes)
                except DecodeError as error:
                    del records[-1]
                    rejected.append(f"{shape.record} number {seen} of the request: {error}")
    return request, rejected


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, payload and whole bytes (tag included) of each field. Raises ValueError where the frame is broken."""
    position = 0
    while position < len(message):
        start = position
        tag, position = _varint(message, position)
        wire_type = tag & 7
        if wire_type == 2:
            size, position = _varint(message, position)
        elif wire_type == 0:
            _, end = _varint(message, position)
            size = end - position
        elif wire_type in {1, 5}:
            size = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"wire type {wire_type} at byte {start}")
        end = position + size
        if end > len(message):
            raise ValueError(f"field at byte {start} ends behind the end")
        yield tag >> 3, message[position:end], message[start:end]
        position = end


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(10):
        if position + index >= len(message):
            break
        byte = message[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position + index + 1
    raise ValueError(f"number at byte {position} does not end")
