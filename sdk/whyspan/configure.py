"""Where spans go: the process's tracer provider, our delivery on it, and the end of both."""

import atexit
import os
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

from opentelemetry import trace

from whyspan import runtime, semconv
from whyspan.faults import contained, warn_once
from whyspan.propagation import continue_from_environment
from whyspan.redaction import ContentMode, Redaction, Redactor
from whyspan.sampling import Sampling

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from whyspan.delivery import Delivery
    from whyspan.losses import Losses
    from whyspan.outlets import Outlet

_SPOOL_MB = 256
"""Megabytes of spooled spans for one collector; hours of a busy agent, and little of a disk."""


@dataclass(frozen=True)
class _Settings:
    service: str | None
    endpoint: str | None
    environment: str | None
    headers: dict[str, str] = field(default_factory=dict)
    exporter: "SpanExporter | None" = None
    redaction: Redaction = field(default_factory=Redaction)
    content: ContentMode = "full"
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True)
class _Active:
    settings: _Settings
    provider: "TracerProvider"
    delivery: "Delivery"


_active: _Active | None = None


def configure(  # noqa: PLR0913 - one place to set up everything, by name
    *,
    service: str | None = None,
    endpoint: str | None = None,
    environment: str | None = None,
    headers: dict[str, str] | None = None,
    exporter: "SpanExporter | None" = None,
    redaction: Redaction = Redaction(),  # noqa: B008 - a frozen value
    content: ContentMode = "full",
    sampling: Sampling = Sampling(),  # noqa: B008 - likewise
) -> None:
    """Starts recording: from here on agents, tools, model calls and decisions become spans.

    A tracer provider that is already set is joined and never replaced: it keeps its resource (service and
    environment) and its exporters, and everything it traces also goes to Whyspan. Spans are on disk within 100 ms of
    their end and stay there, in `WHYSPAN_SPOOL` or this user's state folder, until the collector has them; up to
    `WHYSPAN_SPOOL_MB` (256) megabytes. Called again with the same arguments it does nothing.

    Args:
        service: Name of this service; `OTEL_SERVICE_NAME` by default.
        endpoint: Base URL of the collector, such as `http://localhost:4318`, which is the default unless
            `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.
        environment: Name of the deployment environment: `production`, `staging`, ...
        headers: HTTP headers of the export requests; `OTEL_EXPORTER_OTLP_HEADERS` by default.
        exporter: An OpenTelemetry exporter to use instead of OTLP/HTTP; it has no spool.
        redaction: What is masked before anything is written or sent; secrets by default.
        content: `full`; `metadata` leaves out every text but names, kinds and ids; `hashes` sends 16 hex digits of its
            SHA-256 instead, which tells equal texts and hides all but the guessable ones.
        sampling: What share of the runs is sent, besides all that went wrong; everything by default. A run that is
            killed before anything was wrong with it is lost when it is not in that share.

    Example:
        >>> configure(service="refunds", endpoint="http://localhost:4318")
    """
    global _active  # noqa: PLW0603 - the one configuration of this process
    settings = _Settings(service, endpoint, environment, headers or {}, exporter, redaction, content, sampling)
    if _active is not None:
        if _active.settings != settings:
            warn_once(
                "configure() was called before with other arguments, which stay; call shutdown() first to change them"
            )
        return
    with contained:
        from whyspan.delivery import Delivery
        from whyspan.losses import Losses

        losses = Losses()
        redactor = Redactor(settings.redaction, settings.content)
        delivery = Delivery(_outlet(settings, losses), redactor, losses, sampling)
        joined = _provider(settings)
        joined.add_span_processor(delivery)
        runtime.use(joined.get_tracer("whyspan", version("whyspan")))
        _active = _Active(settings, joined, delivery)
        continue_from_environment()
        atexit.register(shutdown)


def provider() -> "TracerProvider | None":
    """The tracer provider that is recorded from; None before `configure()`."""
    return None if _active is None else _active.provider


def flush() -> bool:
    """Sends what is waiting; True when everything arrived. A collector that does not answer costs ten seconds.

    Example:
        >>> arrived = flush()
    """
    with contained:
        return _active is None or _active.delivery.force_flush()
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
            ended.delivery.shutdown()


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


def _outlet(settings: _Settings, losses: "Losses") -> "Outlet":
    from whyspan.outlets import CollectorOutlet, ExporterOutlet

    if settings.exporter is not None:
        return ExporterOutlet(settings.exporter, losses)
    from whyspan.collector import Collector
    from whyspan.spool import default_root

    megabytes = os.environ.get("WHYSPAN_SPOOL_MB", "")
    budget = int(megabytes) if megabytes.isdecimal() else _SPOOL_MB
    return CollectorOutlet(Collector(settings.endpoint, settings.headers), default_root(), budget * 2**20, losses)
