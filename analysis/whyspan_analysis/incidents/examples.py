"""Keeping the runs that show an incident best, so that its evidence outlives retention."""

from typing import Final

from whyspan_collector.service import AnyStore

KEPT: Final = 3
"""Runs of each signature that retention leaves alone."""


def pin_examples(store: AnyStore) -> int:
    """Pins the best-evidenced runs of every signature that has fewer than `KEPT` of them pinned. Returns how many were pinned."""
    pinned = 0
    for row in store.query("examples_to_pin", each=KEPT).to_pylist():
        pinned += store.pin(row["run_ids"], f"incident {row['signature']}")
    return pinned
