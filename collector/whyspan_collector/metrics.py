"""The collector's own counters in Prometheus' text form, made from the same numbers as `status`."""

from typing import Any, Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def prometheus(ingest: dict[str, Any], refused: dict[str, int], forward: dict[str, Any] | None) -> str:
    """The text for a scraper. Counters begin at the start of the process, as Prometheus expects.

    Args:
        ingest: what `Ingest.status` says.
        refused: requests refused, by reason.
        forward: what `Forwarder.status` says; None where nothing is forwarded.
    """
    journal = ingest["journal"]
    families: list[tuple[str, str, str, list[tuple[str, Any]]]] = [
        (
            "accepted_records_total",
            "counter",
            "Spans, log records and metric points that were acknowledged.",
            [
                ('{signal="traces"}', ingest["accepted_spans"]),
                ('{signal="logs"}', ingest["accepted_logs"]),
                ('{signal="metrics"}', ingest["accepted_points"]),
            ],
        ),
        ("rejected_records_total", "counter", "Records refused by name.", [("", ingest["rejected_records"])]),
        ("refused_requests_total", "counter", "Requests refused whole.", _labelled("reason", refused)),
        ("redacted_values_total", "counter", "Secrets masked.", _labelled("kind", ingest["redacted_values"])),
        ("waiting_requests", "gauge", "Acknowledged and not yet queryable.", [("", ingest["waiting_requests"])]),
        ("journal_bytes", "gauge", "Size of the journal.", [("", journal["bytes"])]),
        ("journal_bound_bytes", "gauge", "Size at which requests are refused.", [("", journal["bound"])]),
        ("journal_damaged_bytes", "gauge", "Bytes of the journal that could not be read.", [("", journal["damaged_bytes"])]),
        ("journal_failed_requests", "gauge", "Requests set aside.", [("", journal["failed"])]),
        ("store_in_trouble", "gauge", "1 while the store cannot be written.", [("", int(ingest["trouble"] is not None))]),
    ]  # fmt: skip
    if forward:
        families += [
            ("forwarded_requests_total", "counter", "Requests sent on.", [("", forward["forwarded"])]),
            ("forward_dropped_requests_total", "counter", "Requests not sent on.", [("", forward["dropped"])]),
            ("forward_waiting_requests", "gauge", "Requests that wait to be sent on.", [("", forward["waiting"])]),
        ]
    return "".join(
        f"# HELP whyspan_{name} {text}\n# TYPE whyspan_{name} {kind}\n"
        + "".join(f"whyspan_{name}{labels} {value}\n" for labels, value in samples)
        for name, kind, text, samples in families
    )


def _labelled(label: str, values: dict[str, int]) -> list[tuple[str, int]]:
    """One sample per key; the keys are our own words, which need no escaping."""
    return [(f'{{{label}="{key}"}}', value) for key, value in sorted(values.items())]
