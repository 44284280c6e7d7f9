"""The SQL of the collector, read from its files: `queries/` are asked by name, `statements/` are the store's own steps.

The header comment of a query is its contract: the first lines say what it answers, and one line `-- $name: ...`
(`-- $name?: ...` where it may be left out) declares each parameter.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from whyspan_collector.errors import QueryError

_PARAMETER = re.compile(r"^-- \$(\w+)(\??): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """One file of `queries/`."""

    name: str
    text: str
    required: frozenset[str]
    optional: frozenset[str]

    def bind(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Completes the parameters for DuckDB: optional ones that were left out become None.

        Raises:
            QueryError: one is missing, or one is not declared.
        """
        if missing := self.required - parameters.keys():
            raise QueryError(f"query {self.name!r} needs the parameters {sorted(missing)}")
        if unknown := parameters.keys() - self.required - self.optional:
            known = sorted(self.required | self.optional)
            raise QueryError(f"query {self.name!r} has no parameters {sorted(unknown)}; it takes {known}")
        return {**dict.fromkeys(self.optional), **parameters}


@cache
def queries() -> dict[str, Query]:
    """Reads all queries, by name."""
    return {name: _query(name, text) for name, text in _read("queries").items()}


def query(name: str) -> Query:
    """Finds the query of that name. Raises QueryError, with the names there are, when there is none."""
    try:
        return queries()[name]
    except KeyError:
        raise QueryError(f"there is no query {name!r}; there are {', '.join(queries())}") from None


@cache
def statements() -> dict[str, str]:
    """Reads the store's own statements, by name."""
    return _read("statements")


@cache
def migrations() -> dict[int, str]:
    """Reads the schema's files: version -> script, ascending. The version is the number their name begins with."""
    return {int(name.partition("_")[0]): text for name, text in _read("schema").items()}


@contextmanager
def named_tables(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Lets statements read Arrow tables by these names, inside the block."""
    for name, table in tables.items():
        connection.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            with suppress(duckdb.TransactionException):  # an aborted transaction drops the names itself
                connection.unregister(name)


def _query(name: str, text: str) -> Query:
    declared: dict[str, str] = dict(_PARAMETER.findall(text))
    optional = frozenset(parameter for parameter, mark in declared.items() if mark)
    return Query(name, text, required=frozenset(declared) - optional, optional=optional)


def _read(folder: str) -> dict[str, str]:
    found = (entry for entry in files(__package__).joinpath(folder).iterdir() if entry.name.endswith(".sql"))
    return {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in sorted(found, key=lambda entry: entry.name)
    }
