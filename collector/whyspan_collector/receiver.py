"""OTLP over HTTP: a request is checked, made durable and answered; everything else happens behind it.

The paths are `/v1/traces`, `/v1/logs` and `/v1/metrics` under any prefix, because platforms publish their own
(`/api/public/otel/v1/traces`) and agents are configured for them.
"""

from functools import partial
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from whyspan_collector import otlp
from whyspan_collector.body import read_body
from whyspan_collector.ingest import Accepted, Ingest
from whyspan_collector.journal import JournalFull, JournalUnavailable

_ENCODINGS: Final = {content_type: encoding for encoding, content_type in otlp.CONTENT_TYPES.items()}
_CONTENT_ENCODINGS: Final = ("gzip", "deflate", "identity")
_THREADS: Final = 16
"""Requests handled at once; those that wait for the disk together share one fsync."""


class _Unsupported(ValueError):
    """The request names a content type or encoding the receiver does not take."""


# Status of HTTP, code of google.rpc.Code and seconds until a retry makes sense. Exporters retry on 503, not on 507.
_REFUSALS: Final[dict[type[Exception], tuple[int, int, int | None]]] = {
    otlp.Malformed: (400, 3, None),
    otlp.TooLarge: (413, 3, None),
    _Unsupported: (415, 3, None),
    JournalFull: (503, 14, 2),
    JournalUnavailable: (503, 14, 10),
}


def routes(ingest: Ingest, max_body_bytes: int) -> list[BaseRoute]:
    """The routes of the three signals.

    Args:
        ingest: takes the requests.
        max_body_bytes: largest body, inflated.
    """
    threads = CapacityLimiter(_THREADS)
    endpoints = {signal: partial(_export, ingest, threads, max_body_bytes, signal) for signal in otlp.SIGNALS}
    return [
        Route(path, endpoint, methods=["POST"], name=signal)
        for signal, endpoint in endpoints.items()
        for path in (f"/v1/{signal}", f"/{{prefix:path}}/v1/{signal}")
    ]


async def _export(
    ingest: Ingest, threads: CapacityLimiter, limit: int, signal: otlp.Signal, request: Request
) -> Response:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = _ENCODINGS.get(content_type)
    content_encoding = request.headers.get("content-encoding", "identity").strip().lower()
    try:
        if encoding is None:
            raise _Unsupported(f"content type {content_type!r} is not taken; send {' or '.join(_ENCODINGS)}")
        if content_encoding not in _CONTENT_ENCODINGS:
            raise _Unsupported(
                f"content encoding {content_encoding!r} is not taken; send one of {', '.join(_CONTENT_ENCODINGS)}"
            )
        sent = await read_body(request, limit)

        def accept() -> Accepted:
            body = sent if content_encoding == "identity" else otlp.inflate(sent, content_encoding, limit)
            return ingest.accept(signal, body, encoding)

        accepted = await to_thread.run_sync(accept, limiter=threads)
    except tuple(_REFUSALS) as error:
        return _refuse(encoding or "json", error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    return Response(otlp.answer(signal, encoding, accepted.rejected), media_type=otlp.CONTENT_TYPES[encoding])


def _refuse(encoding: otlp.Encoding, error: Exception) -> Response:
    status, code, retry_after = _REFUSALS[type(error)]
    headers = {"retry-after": str(retry_after)} if retry_after else None
    body = otlp.refusal(encoding, code, str(error))
    return Response(body, status, headers, media_type=otlp.CONTENT_TYPES[encoding])
