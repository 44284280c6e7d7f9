"""OTLP/JSON to the request message, record by record: hexadecimal ids, integers as text or number, enums by either."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from whyspan_collector.otlp.shape import SHAPES, Malformed, Shape, Signal, quoted

_ID_BYTES = {"traceId": 16, "trace_id": 16, "spanId": 8, "span_id": 8, "parentSpanId": 8, "parent_span_id": 8}


def parse_json(signal: Signal, body: bytes) -> tuple[Any, list[str]]:
    """The request and one sentence per record that could not be parsed.

    Field names may be in lowerCamelCase or in snake_case, unknown ones are ignored. Lone surrogates, which
    JavaScript leaves behind when it cuts a text, become U+FFFD.

    Raises:
        Malformed: the body is not JSON, or not such a request.
    """
    shape = SHAPES[signal]
    document = loads(body)
    request: Any = shape.request()
    rejected: list[str] = []
    if not isinstance(document, dict):
        raise Malformed(f"an OTLP/JSON request is an object, got {quoted(document)}")
    for group in _objects(document, shape.by_resource):
        group_message = getattr(request, shape.by_resource).add()
        _fill(group_message, group, without=shape.by_scope)
        for scoped in _objects(group, shape.by_scope):
            scoped_message = getattr(group_message, shape.by_scope).add()
            _fill(scoped_message, scoped, without=shape.records)
            records = getattr(scoped_message, shape.records)
            for record in _items(scoped, shape.records):
                try:
                    _fill_record(records.add(), record)
                except (ParseError, ValueError, AttributeError, TypeError) as error:
                    del records[-1]
                    rejected.append(f"{_name(record, shape)}: {error}")
    return request, rejected


def loads(body: bytes) -> Any:
    """Parse JSON, with NaN and the infinities as the text OTLP/JSON wants. Raises Malformed where it is not JSON."""
    try:
        return json.loads(body.decode(), parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is not JSON: {error}") from None


def camel(name: str) -> str:
    """A protobuf field name in the form JSON uses: `resource_spans` -> `resourceSpans`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _items(parent: dict[str, Any], name: str) -> list[Any]:
    items = parent.get(camel(name), parent.get(name))
    if items is None:
        return []
    if not isinstance(items, list):
        raise Malformed(f"{camel(name)} must be a list, got {quoted(items)}")
    return items


def _objects(parent: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for item in _items(parent, name):
        if not isinstance(item, dict):
            raise Malformed(f"{camel(name)} must hold objects, got {quoted(item)}")
        yield item


def _fill(message: Message, group: dict[str, Any], *, without: str) -> None:
    own = {key: value for key, value in group.items() if key not in {without, camel(without)}}
    try:
        _parse(message, own)
    except (ParseError, ValueError, AttributeError, TypeError) as error:
        raise Malformed(f"the group of {camel(without)}: {error}") from None


def _fill_record(message: Message, record: Any) -> None:
    if not isinstance(record, dict):
        raise ParseError(f"must be an object, got {quoted(record)}")
    _ids_to_base64(record)
    for link in record.get("links") or ():
        _ids_to_base64(link)
    _parse(message, record)


def _parse(message: Message, document: dict[str, Any]) -> None:
    try:
        ParseDict(document, message, ignore_unknown_fields=True)
    except (UnicodeEncodeError, ParseError):
        whole = json.loads(_without_surrogates(json.dumps(document, ensure_ascii=False)))
        if whole == document:
            raise
        message.Clear()
        ParseDict(whole, message, ignore_unknown_fields=True)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _ids_to_base64(record: dict[str, Any]) -> None:
    """Put ids in the form protobuf's own JSON has. Its 24 and 12 characters cannot be taken for 32 and 16 of hex."""
    for key, size in _ID_BYTES.items():
        text = record.get(key)
        if not text or (isinstance(text, str) and len(text) == (size + 2) // 3 * 4):
            continue
        try:
            record[key] = base64.b64encode(binascii.unhexlify(text)).decode()
        except (ValueError, TypeError):
            raise ParseError(f"{key} must be {2 * size} hexadecimal digits, got {quoted(text)}") from None


def _name(record: Any, shape: Shape) -> str:
    name = record.get("name", record.get("eventName")) if isinstance(record, dict) else None
    return f"{shape.record} {quoted(name)}"
