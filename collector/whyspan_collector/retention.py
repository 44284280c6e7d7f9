"""Keeping the store within its bounds of age and size: whole runs go, the oldest first, and never a pinned one."""

from typing import Final

from whyspan_collector.store import Store

_DAY_NS: Final = 86_400 * 10**9
_SHRINK_TO: Final = 0.9
"""Of the largest size: so that a full store is made smaller now and then, not at every span. Each time the file is copied."""


def retire(store: Store, now_ns: int, keep_days: float, keep_bytes: int) -> int:
    """Deletes what is too old or too much.

    Args:
        store: where the runs are.
        now_ns: our clock, nanoseconds since the epoch.
        keep_days: runs of which the last span arrived earlier go, at most a day late; 0 keeps them for ever.
        keep_bytes: the largest size of database and text index together; 0 for any.

    Returns:
        how many runs went.
    """
    status = store.status()
    before_ns = max(0, now_ns - round(keep_days * _DAY_NS)) if keep_days else 0
    size = status["file_bytes"] + status["wal_bytes"] + status["texts"]["file_bytes"]
    excess = size / keep_bytes - _SHRINK_TO if keep_bytes and size > keep_bytes else 0.0
    spans = round(status["spans"] * excess * keep_bytes / size) if excess else 0
    retired = store.query("retired", before_ns=before_ns, spans=spans).to_pylist()
    if not retired or not (spans or retired[0]["last_arrived_ns"] < before_ns - _DAY_NS):
        return 0
    return store.delete([run["run_id"] for run in retired], counted_as="retired_runs")
