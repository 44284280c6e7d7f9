"""The names instrumentations use, and how they map to the canonical columns and to `Content`."""

from whyspan_collector.records import Span


def fill_columns(span: Span) -> None:
    """Set the canonical columns of a span in place. No vocabulary is registered yet: they stay as they are."""
