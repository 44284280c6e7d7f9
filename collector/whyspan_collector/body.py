"""The body of an HTTP request, read within a limit."""

from starlette.requests import Request

from whyspan_collector.otlp import TooLarge


async def read_body(request: Request, limit: int) -> bytes:
    """Read the body, with or without a Content-Length. Raises TooLarge beyond `limit` bytes, before reading where it is declared."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body of {declared} bytes is larger than the limit of {limit}")
    chunks: list[bytes] = []
    room = limit
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise TooLarge(f"the body is larger than the limit of {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
