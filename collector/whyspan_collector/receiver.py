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
from whyspan_collector.gate import REFUSALS, Gate, Unsupported
from whyspan_collector.ingest import Accepted, Ingest

_ENCODINGS: Final = {content_type: encoding for encoding, content_type in otlp.CONTENT_TYPES.items()}
_CONTENT_ENCODINGS: Final = ("gzip", "deflate", "identity")
_THREADS: Final = 16
"""Requests handled at once; those that wait for the disk together share one fsync."""


def routes(ingest: Ingest, gate: Gate) -> list[BaseRoute]:
    """The routes of the three signals, which bring to `ingest` what `gate` lets through."""
    threads = CapacityLimiter(_THREADS)
    endpoints = {signal: partial(_export, ingest, gate, threads, signal) for signal in otlp.SIGNALS}
    return [
        Route(path, endpoint, methods=["POST"], name=signal)
        for signal, endpoint in endpoints.items()
        for path in (f"/v1/{signal}", f"/{{prefix:path}}/v1/{signal}")
    ]


async def _export(
    ingest: Ingest, gate: Gate, threads: CapacityLimiter, signal: otlp.Signal, request: Request
) -> Response:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = _ENCODINGS.get(content_type)
    content_encoding = request.headers.get("content-encoding", "identity").strip().lower()
    try:
        gate.admit(request.headers.get("authorization", ""))
        if encoding is None:
            raise Unsupported(f"content type {content_type!r} is not taken; send {' or '.join(_ENCODINGS)}")
        if content_encoding not in _CONTENT_ENCODINGS:
            raise Unsupported(
                f"content encoding {content_encoding!r} is not taken; send one of {', '.join(_CONTENT_ENCODINGS)}"
            )
        with gate.memory() as take:
            sent = await read_body(request, gate.max_body_bytes, take)

            def accept() -> Accepted:
                body = sent
                if content_encoding != "identity":
                    body = otlp.inflate(sent, content_encoding, gate.max_body_bytes)
                    take(len(body))
                return ingest.accept(signal, body, encoding)

            accepted = await to_thread.run_sync(accept, limiter=threads)
    except tuple(REFUSALS) as error:
        return _refuse(gate, encoding or "json", error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    return Response(otlp.answer(signal, encoding, accepted.rejected), media_type=otlp.CONTENT_TYPES[encoding])


def _refuse(gate: Gate, encoding: otlp.Encoding, error: Exception) -> Response:
    refusal = gate.refuse(error)
    headers = {"retry-after": str(refusal.retry_seconds)} if refusal.retry_seconds else {}
    if refusal.http == 401:
        headers["www-authenticate"] = "Bearer"
    body = otlp.refusal(encoding, refusal.code, str(error))
    return Response(body, refusal.http, headers, media_type=otlp.CONTENT_TYPES[encoding])
