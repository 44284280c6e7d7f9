"""Bringing the costs of stored runs up to date with the price table, from what `runs.usage` says they used."""

from dataclasses import asdict
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from whyspan_collector.prices import Prices
from whyspan_collector.sql import named_tables, statements
from whyspan_collector.usage import Costs, Usage, costs


def reprice(connection: DuckDBPyConnection, prices: Prices) -> None:
    """Derives the costs anew, inside the caller's transaction, unless they were derived with an equal table."""
    ((fingerprint,),) = connection.execute(statements()["price_table"]).fetchall()
    if fingerprint == prices.fingerprint:
        return
    stored = connection.sql(statements()["unrecorded_usage"]).to_arrow_table()
    renewed = [_priced(usage, prices) for usage in stored["usage"].to_pylist()]
    totals = [costs(usage) for usage in renewed]
    repriced = pa.table(
        {
            "run_id": stored["run_id"],
            "usage": pa.array([[asdict(each) for each in usage] for usage in renewed], stored["usage"].type),
            "cost": pa.array([total.cost for total in totals], pa.float64()),
            **{name: [getattr(total, name) for total in totals] for name in Costs.__slots__ if name != "cost"},
        }
    )
    with named_tables(connection, repriced=repriced):
        connection.execute(statements()["update_costs"])
    connection.execute(statements()["set_price_table"], {"fingerprint": prices.fingerprint})


def _priced(stored: list[dict[str, Any]], prices: Prices) -> list[Usage]:
    usage = [Usage(**each) for each in stored]
    for each in usage:
        each.price(prices)
    return usage
