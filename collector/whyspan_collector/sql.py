"""The SQL of the collector, read from its files: `queries/` are asked by name, `statements/` are the store's own steps.

The header comment of a query is its contract: the first lines say what it answers, and one line `-- $name: ...`
(`-- $name?: ...` where it may be left out) declares each parameter. `$filter` and `$span_filter` are special: a filter of
runs, or of spans, comes in their place as SQL of our own with parameters of its own.
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

from whyspan_collector import filter as filters
from whyspan_collector.errors import QueryError

_SUBJECTS: dict[str, filters.Subject] = {"filter": "runs", "span_filter": "spans"}
_PARAMETER = re.compile(r"^-- \$(\w+)(\??): ", re.MULTILINE)
_FILTER_PLACE = re.compile(r"(?<!-- )\$(?:span_)?filter\b")


@dataclass(frozen=True, slots=True)
class Query:
    """One file of `queries/`."""

    name: str
    text: str
    required: frozenset[str]
    optional: frozenset[str]

    def prepare(self, parameters: Mapping[str, Any], search: filters.Search) -> tuple[str, dict[str, Any]]:
        """Returns what DuckDB is to run, and its parameters: optional ones that were left out become None.

        A filter asks `search` for the texts it names.

        Raises:
            QueryError: one is missing, one is not declared, or the filter is none (FilterError).
        """
        if missing := self.required - parameters.keys():
            raise QueryError(f"query {self.name!r} needs the parameters {sorted(missing)}")
        if unknown := parameters.keys() - self.required - self.optional:
            known = sorted(self.required | self.optional)
            raise QueryError(f"query {self.name!r} has no parameters {sorted(unknown)}; it takes {known}")
        bound = {**dict.fromkeys(self.optional), **parameters}
        name = next((each for each in _SUBJECTS if each in bound), None)
        if name is None:
            return self.text, bound
        written = bound.pop(name) or ""
        if not isinstance(written, str):
            raise QueryError(f"the filter of query {self.name!r} must be text")
        condition = filters.condition(filters.parse(written), search, _SUBJECTS[name])
        return _FILTER_PLACE.sub(lambda _: condition.sql, self.text), bound | condition.parameters


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
