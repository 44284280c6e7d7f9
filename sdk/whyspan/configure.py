"""Where spans go: the process's tracer provider, our exporter on it, and the end of both."""

import atexit
import os
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from opentelemetry import trace

from whyspan import runtime, semconv
from whyspan.faults import contained, warn_once

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from whyspan.delivery import Delivery

_TRACES_PATH = "/v1/traces"
_BATCH = 128
"""Spans of one export request: at `values.TEXT_LIMIT` characters for the largest, still below 64 MiB."""
_DELAY_MS = 1000
"""How long a finished span waits for others; a second, so that a run is seen while it runs."""


@dataclass(frozen=True)
class _Settings:
    service: str | None
    endpoint: str | None
    environment: str | None
    headers: dict[str, str] = field(default_factory=dict)
    exporter: "SpanExporter | None" = None


@dataclass(frozen=True)
class _Active:
    settings: _Settings
    provider: "TracerProvider"
    delivery: "Delivery"
    processor: "SpanProcessor"


_active: _Active | None = None


def configure(
    *,
    service: str | None = None,
    endpoint: str | None = None,
    environment: str | None = None,
    headers: dict[str, str] | None = None,
    exporter: "SpanExporter | None" = None,
) -> None:
    """Starts recording: from here on agents, tools, model calls and decisions become spans.

    A tracer provider that is already set is joined and never replaced: it keeps its resource (service and
    environment) and its exporters, and everything it traces also goes to Whyspan. Spans are exported in batches by a
    thread of their own and flushed at exit. Called again with the same arguments it does nothing.

    Args:
        service: Name of this service; `OTEL_SERVICE_NAME` by default.
        endpoint: Base URL of the collector, such as `http://localhost:4318`, which is the default unless
            `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.
        environment: Name of the deployment environment: `production`, `staging`, ...
        headers: HTTP headers of the export requests; `OTEL_EXPORTER_OTLP_HEADERS` by default.
        exporter: An OpenTelemetry exporter to use instead of OTLP/HTTP.

    Example:
        >>> configure(service="refunds", endpoint="http://localhost:4318")
    """
    global _active  # noqa: PLW0603 - the one configuration of this process
    settings = _Settings(service, endpoint, environment, headers or {}, exporter)
    if _active is not None:
        if _active.settings != settings:
            warn_once(
                "configure() was called before with other arguments, which stay; call shutdown() first to change them"
            )
        return
    with contained:
        from whyspan.delivery import Delivery

        delivery = Delivery(partial(_exporter, settings))
        processor = _processor(delivery)
        joined = _provider(settings)
        joined.add_span_processor(processor)
        runtime.use(joined.get_tracer("whyspan", version("whyspan")))
        _active = _Active(settings, joined, delivery, processor)
        atexit.register(shutdown)


def provider() -> "TracerProvider | None":
    """The tracer provider that `configure()` joined or made; None while nothing is recorded."""
    return None if _active is None else _active.provider


def flush() -> bool:
    """Sends what is waiting; True when everything arrived. Without a collector it waits ten seconds for one.

    Example:
        >>> arrived = flush()
    """
    with contained:
        if _active is None:
            return True
        failures = _active.delivery.failures
        return _active.processor.force_flush() and _active.delivery.failures == failures
    return False


def shutdown() -> None:
    """Sends what is waiting and stops recording; happens by itself at exit. `configure()` starts it again.

    Example:
        >>> shutdown()
    """
    global _active
    with contained:
        if _active is not None:
            runtime.use(None)
            ended, _active = _active, None
            atexit.unregister(shutdown)
            ended.delivery.hurry()
            ended.processor.shutdown()


def _provider(settings: _Settings) -> "TracerProvider":
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    existing = trace.get_tracer_provider()
    if hasattr(existing, "add_span_processor"):
        return cast("TracerProvider", existing)
    if not isinstance(existing, trace.ProxyTracerProvider):
        warn_once(
            f"the tracer provider in place, {type(existing).__name__}, takes no exporters; recording apart from it"
        )
    named = {semconv.SERVICE_NAME: settings.service, semconv.ENVIRONMENT: settings.environment}
    resource = Resource.create({key: value for key, value in named.items() if value})
    provider = TracerProvider(resource=resource)
    if isinstance(existing, trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
    return provider


def _processor(delivery: "Delivery") -> "SpanProcessor":
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(
        delivery,
        # None leaves the choice to OpenTelemetry, which reads these variables
        schedule_delay_millis=None if "OTEL_BSP_SCHEDULE_DELAY" in os.environ else _DELAY_MS,
        max_export_batch_size=None if "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in os.environ else _BATCH,
    )


def _exporter(settings: _Settings, timeout: float | None) -> "SpanExporter":
    if settings.exporter is not None:
        return settings.exporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoint = settings.endpoint
    if endpoint is not None and urlsplit(endpoint).path in ("", "/"):
        endpoint = endpoint.rstrip("/") + _TRACES_PATH
    return OTLPSpanExporter(endpoint=endpoint, headers=settings.headers or None, timeout=timeout)
