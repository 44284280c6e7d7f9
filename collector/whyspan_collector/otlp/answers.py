"""What a collector answers: the response of the signal, or a `google.rpc.Status` that says what was wrong.

Both are written here for the receiver and read here for the client.
"""

from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.json_format import MessageToJson, Parse
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from whyspan_collector.otlp.shape import SHAPES, Encoding, Signal

CONTENT_TYPES: Final[dict[Encoding, str]] = {"protobuf": "application/x-protobuf", "json": "application/json"}
_NAMED: Final = 5
"""Rejected records named in an answer; exporters log it as one line."""


def answer(signal: Signal, encoding: Encoding, rejected: Sequence[str]) -> bytes:
    """The response to a request that was taken, with a partial success when records were rejected."""
    shape = SHAPES[signal]
    response: Any = shape.response()
    if rejected:
        setattr(response.partial_success, shape.rejected, len(rejected))
        more = f"; and {len(rejected) - _NAMED} more" if len(rejected) > _NAMED else ""
        response.partial_success.error_message = "; ".join(rejected[:_NAMED]) + more
    return _encode(response, encoding)


def refusal(encoding: Encoding, code: int, message: str) -> bytes:
    """The body for a request of which nothing was taken; `code` is one of google.rpc.Code."""
    return _encode(Status(code=code, message=message), encoding)


def read_answer(signal: Signal, encoding: Encoding, body: bytes) -> tuple[int, str]:
    """How many records an answer rejects, and which and why."""
    shape = SHAPES[signal]
    partial_success = _decode(shape.response(), encoding, body).partial_success
    return getattr(partial_success, shape.rejected), partial_success.error_message


def read_refusal(encoding: Encoding, body: bytes) -> str:
    """The message of a refusal."""
    message: str = _decode(Status(), encoding, body).message
    return message


def _encode(message: Message, encoding: Encoding) -> bytes:
    return MessageToJson(message, indent=None).encode() if encoding == "json" else message.SerializeToString()


def _decode(message: Any, encoding: Encoding, body: bytes) -> Any:
    if encoding == "json":
        return Parse(body, message, ignore_unknown_fields=True)
    message.ParseFromString(body)
    return message
