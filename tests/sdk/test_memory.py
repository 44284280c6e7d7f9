"""Nothing is kept of what has been delivered."""

import gc
import tracemalloc
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

import whyspan
from whyspan import Redaction, runtime
from whyspan.delivery import Delivery
from whyspan.losses import Losses
from whyspan.outlets import ExporterOutlet
from whyspan.redaction import Redactor


class Counting(SpanExporter):
    count = 0

    def export(self, spans: Any) -> SpanExportResult:
        self.count += len(spans)
        return SpanExportResult.SUCCESS


@whyspan.tool
def look_up(number: int) -> dict[str, int]:
    return {"number": number}


def test_memory_is_flat() -> None:
    """Thousands of spans later the process holds no more than before."""
    exporter, losses = Counting(), Losses()
    provider = TracerProvider(shutdown_on_exit=False)
    delivery = Delivery(ExporterOutlet(exporter, losses), Redactor(Redaction(), "full"), losses)
    provider.add_span_processor(delivery)
    previous = runtime.use(provider.get_tracer("whyspan"))

    def runs(count: int) -> int:
        for _ in range(count):
            with whyspan.agent("support"), whyspan.decision("Now?", options=["yes"]) as d:
                d.choose("yes", evidence=[look_up(number) for number in range(18)])
            delivery.force_flush()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    try:
        tracemalloc.start()
        runs(10)
        before = runs(10)
        after = runs(100)
    finally:
        tracemalloc.stop()
        runtime.use(previous)
        provider.shutdown()
    assert exporter.count == 120 * 20
    assert after - before < 200_000  # one span kept in a hundred would be more
