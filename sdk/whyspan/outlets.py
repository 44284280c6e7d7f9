"""Where prepared spans go: to a collector, by way of the spool, or to an exporter that the program brought."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from whyspan import otlp
from whyspan.chain import Chains
from whyspan.courier import Courier
from whyspan.faults import warn_once
from whyspan.spool import Spool

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from whyspan.collector import Collector
    from whyspan.losses import Losses


class Outlet(Protocol):
    """One way out of the process."""

    announces: bool
    """True where spans are taken before they end."""

    def put(self, spans: Sequence["ReadableSpan"]) -> None:
        """Takes spans over."""

    def flush(self, seconds: float) -> bool:
        """True when everything has arrived."""

    def close(self, seconds: float) -> None:
        """Delivers what it can in this time and ends."""

    def after_fork(self) -> "Outlet":
        """The outlet of a child process."""


class CollectorOutlet:
    """Encoded, spooled, sent."""

    announces = True

    def __init__(self, collector: "Collector", root: Path, budget: int, losses: "Losses") -> None:
        self._collector = collector
        self._root = root
        self._budget = budget
        self._losses = losses
        self._courier = Courier(collector, Spool(root / collector.key, budget), losses)
        self._chains = Chains()

    def put(self, spans: Sequence["ReadableSpan"]) -> None:
        """Returns when the spans are on disk, whatever the network does."""
        for body, count in otlp.requests(spans, self._losses.attributes(), self._chains):
            self._courier.put(body, count)

    def flush(self, seconds: float) -> bool:
        """False when they are still in the spool."""
        return self._courier.flush(seconds)

    def close(self, seconds: float) -> None:
        """What is not delivered stays in the spool for the next process."""
        self._courier.close(seconds)

    def after_fork(self) -> "CollectorOutlet":
        """A spool and a thread of its own."""
        self._courier.abandon()
        return CollectorOutlet(self._collector, self._root, self._budget, self._losses)


class ExporterOutlet:
    """An OpenTelemetry exporter; it gets ended spans only, and its failures are final."""

    announces = False

    def __init__(self, exporter: SpanExporter, losses: "Losses") -> None:
        self._exporter = exporter
        self._losses = losses
        self._failed = False

    def put(self, spans: Sequence["ReadableSpan"]) -> None:
        """Returns when the exporter does."""
        if spans and self._exporter.export(spans) is not SpanExportResult.SUCCESS:
            self._failed = True
            self._losses.add("refused", len(spans))
            warn_once(f"{type(self._exporter).__name__} did not take spans, so they are lost", about="exporter")

    def flush(self, seconds: float) -> bool:
        """False when it failed since the last flush."""
        failed, self._failed = self._failed, False
        return self._exporter.force_flush(int(seconds * 1000)) is not False and not failed

    def close(self, seconds: float) -> None:  # noqa: ARG002 - an exporter takes no time limit
        """Ends the exporter."""
        self._exporter.shutdown()

    def after_fork(self) -> "ExporterOutlet":
        """The same: forking is the exporter's own business."""
        return self
