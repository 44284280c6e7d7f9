"""For tests of agents: what they recorded, in memory, without a collector and without `configure()`."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from whyspan import runtime, semconv
from whyspan.codec import decode_decision, decode_outcome
from whyspan.model import Decision, Outcome


@dataclass(frozen=True, slots=True)
class Captured:
    """What was recorded so far; asked again later it knows more."""

    exporter: InMemorySpanExporter
    """OpenTelemetry's own exporter; `clear()` forgets everything."""

    @property
    def spans(self) -> list[ReadableSpan]:
        """The ended spans, in the order they started."""
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    @property
    def decisions(self) -> list[Decision]:
        """The decisions, in the order they were opened."""
        decoded = [decode_decision(span.attributes or {}) for span in self.spans]
        return [decision for decision in decoded if decision is not None]

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes, in the order they were recorded."""
        events = [event for span in self.spans for event in span.events if event.name == semconv.OUTCOME_EVENT]
        decoded = [
            decode_outcome(event.attributes or {}) for event in sorted(events, key=lambda event: event.timestamp)
        ]
        return [outcome for outcome in decoded if outcome is not None]


@contextmanager
def capture() -> Generator[Captured]:
    """Records into memory instead of exporting, for the time of a `with` block.

    Example:
        >>> import whyspan
        >>> with capture() as captured, whyspan.decision("Now?", options=["yes", "no"]) as d:
        ...     d.choose("yes")
        >>> captured.decisions[0].choice
        'yes'
    """
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    previous = runtime.use(provider.get_tracer("whyspan"))
    try:
        yield Captured(exporter)
    finally:
        runtime.use(previous)
        provider.shutdown()
