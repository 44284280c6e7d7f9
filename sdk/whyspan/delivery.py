"""The way of finished spans out of the process: an exporter that is honest about failure and brief at the end."""

from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from whyspan.faults import warn_once

_LAST_SECONDS = 2.0
"""What a program that ends waits for a collector that does not answer; OpenTelemetry's own default is ten."""


class Delivery(SpanExporter):
    """An OTLP exporter, or the one the program brought, that counts what failed and can be told to hurry."""

    def __init__(self, make: Callable[[float | None], SpanExporter]) -> None:
        """`make` builds the exporter for a timeout in seconds, None for its default."""
        self.failures = 0
        self._make = make
        self._exporter = make(None)
        self._hurried = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends a batch; once hurried, what follows a failure is not even tried."""
        if self._hurried and self.failures:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.failures += 1
            warn_once("no collector takes the spans, so they are lost; `whyspan up` starts one on localhost:4318")
        return result

    def hurry(self) -> None:
        """Ends the retries under way and gives what is still waiting one short try."""
        patient, self._exporter = self._exporter, self._make(_LAST_SECONDS)
        self.failures, self._hurried = 0, True
        if patient is not self._exporter:
            patient.shutdown()

    def shutdown(self) -> None:
        """Ends the exporter."""
        self._exporter.shutdown()
