"""The runs as the incidents see them: one polars row per diagnosed run, with the incident it belongs to."""

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from whyspan_analysis import fleet
from whyspan_analysis.incidents.ledger import Ledger
from whyspan_collector.service import AnyStore


def read_runs(
    store: AnyStore, ledger: Ledger, *, since_ns: int | None = None, until_ns: int | None = None, filter_text: str = ""
) -> pl.DataFrame:
    """The diagnosed runs that began in a period: the columns of the query `fleet`, those of `fleet.with_times`, and `incident`."""
    found = store.query("fleet", since_ns=since_ns, until_ns=until_ns, filter=filter_text)
    runs = fleet.with_times(found).filter(pl.col("outcome").is_not_null())
    of = {signature: ledger.incident(signature) for signature in runs["signature"].drop_nulls().unique()}
    at = pl.from_epoch(pl.col("at_ns").cast(pl.Int64, strict=False), time_unit="ns").dt.replace_time_zone("UTC")
    return runs.with_columns(incident=pl.col("signature").replace(of), at=at)


@dataclass(frozen=True, slots=True)
class Known:
    """What all stored runs of an incident say of it, whatever the period."""

    signatures: list[str]
    """Most frequent first."""
    parts: dict[str, Any]
    """Of the incident's own signature where it is still stored, else of the most frequent one."""
    first_ns: int
    last_ns: int


def read_known(store: AnyStore, ledger: Ledger) -> dict[str, Known]:
    """Every incident of the store."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in store.query("signatures").to_pylist():
        rows.setdefault(ledger.incident(row["signature"]), []).append(row)
    known = {}
    for incident, members in rows.items():
        members.sort(key=lambda row: (-row["runs"], row["signature"]))
        own = next((row for row in members if row["signature"] == incident), members[0])
        known[incident] = Known(
            signatures=[row["signature"] for row in members],
            parts=json.loads(own["parts"]),
            first_ns=min(row["first_ns"] for row in members),
            last_ns=max(row["last_ns"] for row in members),
        )
    return known
