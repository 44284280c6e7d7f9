"""A request message to OTLP/JSON: what `from_json` reads, with ids in hexadecimal and enums as numbers."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from whyspan_collector.otlp.from_json import camel
from whyspan_collector.otlp.shape import SHAPES, Signal

_IDS: Final = ("traceId", "spanId", "parentSpanId")


def to_json(signal: Signal, request: Message) -> bytes:
    """Writes a request as one line of JSON, without a line break. Fields this version of OTLP does not know are left out."""
    document = MessageToDict(request, use_integers_for_enums=True)
    for record in _records(signal, document):
        for holder in (record, *record.get("links", ())):
            for name in _IDS:
                if name in holder:
                    holder[name] = base64.b64decode(holder[name]).hex()
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _records(signal: Signal, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    shape = SHAPES[signal]
    for group in document.get(camel(shape.by_resource), ()):
        for scoped in group.get(camel(shape.by_scope), ()):
            yield from scoped.get(camel(shape.records), ())
