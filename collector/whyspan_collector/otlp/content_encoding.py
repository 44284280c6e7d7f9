"""Content-Encoding undone within a limit, so that a small body cannot fill the memory."""

import zlib
from typing import Final

from whyspan_collector.otlp.shape import Malformed

_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}


class TooLarge(ValueError):
    """The body is larger than the collector takes."""


def inflate(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Inflate a `gzip` (of one or several members) or `deflate` body to at most `limit` bytes.

    Raises:
        TooLarge: it inflates to more; nothing beyond the limit was inflated.
        Malformed: it is not what the content encoding says, or it is cut off.
    """
    inflated: list[bytes] = []
    room = limit
    while body:
        stream = zlib.decompressobj(_WINDOW_BITS[content_encoding])
        try:
            piece = stream.decompress(body, room + 1)
        except zlib.error as error:
            raise Malformed(f"the body is not {content_encoding}: {error}") from None
        room -= len(piece)
        if room < 0:
            raise TooLarge(f"the body inflates to more than {limit} bytes")
        if not stream.eof:
            raise Malformed(f"the {content_encoding} body is cut off")
        inflated.append(piece)
        body = stream.unused_data
    return b"".join(inflated)
