"""The body of an HTTP request, read within a limit."""

from collections.abc import Callable

from starlette.requests import Request

from whyspan_collector.otlp import TooLarge


async def read_body(request: Request, limit: int, take: Callable[[int], None] = lambda _: None) -> bytes:
    """Read the body, with or without a Content-Length.

    Args:
        request: what to read.
        limit: largest number of bytes.
        take: called with the size of each piece before it is kept; what it raises ends the reading.

    Raises:
        TooLarge: there is more; where the length is declared nothing was read.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body of {declared} bytes is larger than the limit of {limit}")
    chunks: list[bytes] = []
    room = limit
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise TooLarge(f"the body is larger than the limit of {limit} bytes")
        take(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)
