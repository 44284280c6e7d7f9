"""The collector as the SDK sees it: an OTLP/HTTP endpoint that takes a request, refuses it, or is not there now.

Everything OpenTelemetry's environment variables say about it is heeded: endpoint, headers, timeout, compression,
certificates. See https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
"""

import gzip
import hashlib
import http.client
import os
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from whyspan.faults import warn_once

_TRACES_PATH = "/v1/traces"
_DEFAULT = "http://localhost:4318"
_SECONDS = 10.0
_REFUSED = frozenset({400, 413, 415, 422})
"""Statuses that say the request itself is wrong, so that sending it again cannot help. Others, a wrong password
included, may be put right while the spool waits."""
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


class Answer(Enum):
    """What became of a request."""

    TAKEN = "taken"
    REFUSED = "refused"
    """It would be refused again."""
    LATER = "later"
    """Nobody is there, or not able to take it now."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, and how long the collector asks to be left alone."""

    answer: Answer
    detail: str = ""
    wait: float = 0.0
    """Seconds."""


class Collector:
    """Where requests go."""

    def __init__(self, endpoint: str | None, headers: Mapping[str, str]) -> None:
        """Arguments win over the environment; an endpoint without a path gets `/v1/traces`."""
        self.url = _url(endpoint)
        self.timeout = _seconds(_setting("TIMEOUT"))
        self._headers = {**_headers(_setting("HEADERS")), **headers}
        self._compress = _ENCODERS.get((_setting("COMPRESSION") or "none").lower())
        self._opener: OpenerDirector | None = None

    @property
    def key(self) -> str:
        """A name for this destination, different where the endpoint or the account is: nobody sends another's spans."""
        told = "\0".join((self.url, *(f"{name}={value}" for name, value in sorted(self._headers.items()))))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def send(self, body: bytes, timeout: float) -> Reply:
        """Posts one request; never raises for anything a network or a server can do."""
        headers = {"Content-Type": "application/x-protobuf", "User-Agent": "whyspan-sdk", **self._headers}
        if self._compress is not None:
            body = self._compress(body)
            headers["Content-Encoding"] = _setting("COMPRESSION") or ""
        try:
            request = Request(self.url, body, headers, method="POST")  # noqa: S310 - http or https, see _url
            with self._connection().open(request, timeout=timeout) as response:
                _note_rejections(response.read(65536))
                return Reply(Answer.TAKEN)
        except HTTPError as error:
            detail = f"HTTP {error.code} {error.reason}"
            if error.code in _REFUSED:
                return Reply(Answer.REFUSED, detail)
            return Reply(Answer.LATER, detail, _seconds(error.headers.get("Retry-After"), 0.0))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Reply(Answer.LATER, str(error))

    def _connection(self) -> OpenerDirector:
        if self._opener is None:
            handlers = [HTTPSHandler(context=_tls())] if self.url.startswith("https:") else []
            local = urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")
            self._opener = build_opener(*handlers, *([ProxyHandler({})] if local else []))
        return self._opener


def _setting(name: str) -> str | None:
    return os.environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or os.environ.get(f"OTEL_EXPORTER_OTLP_{name}")


def _url(endpoint: str | None) -> str:
    if endpoint is None and (exact := os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        url = exact
    elif endpoint is not None and urlsplit(endpoint).path not in ("", "/"):
        url = endpoint
    else:
        url = (endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or _DEFAULT).rstrip("/") + _TRACES_PATH
    if urlsplit(url).scheme not in ("http", "https"):
        warn_once(f"the endpoint {url!r} is neither http:// nor https://, so nothing can be sent there")
    return url


def _headers(text: str | None) -> dict[str, str]:
    """`key=value` pairs with commas between them, percent-encoded."""
    pairs = (pair.partition("=") for pair in (text or "").split(",") if "=" in pair)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}


def _seconds(text: str | None, default: float = _SECONDS) -> float:
    try:
        return max(0.0, float(text)) if text else default
    except ValueError:
        return default


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=_setting("CERTIFICATE"))
    if certificate := _setting("CLIENT_CERTIFICATE"):
        context.load_cert_chain(certificate, _setting("CLIENT_KEY"))
    return context


def _note_rejections(body: bytes) -> None:
    """A collector may take a request and refuse some spans of it."""
    if not body:
        return
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:  # a page of some proxy; the status said that all is well
        return
    if partial.rejected_spans:
        warn_once(f"the collector refused {partial.rejected_spans} spans: {partial.error_message}")
