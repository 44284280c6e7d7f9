"""Bringing a database file to the schema of this version: numbered scripts, each applied once and whole."""

from collections.abc import Callable
from functools import cache

import duckdb
from duckdb import DuckDBPyConnection

from whyspan_collector import sql
from whyspan_collector.errors import SchemaTooNew, StoreError


def migrate(connection: DuckDBPyConnection, keep_backup: Callable[[int], None] = lambda _: None) -> int:
    """Applies the scripts the database lacks, each in a transaction of its own.

    Args:
        connection: the database.
        keep_backup: called before a database that holds something is changed, with the version it is at.

    Returns:
        the version the database is at now.

    Raises:
        SchemaTooNew: the database is at a version this Whyspan does not know.
        StoreError: it is no database of ours, or a script failed; it is as it was, or at the version before the script.
    """
    at = version(connection)
    newest = max(sql.migrations())
    if at > newest:
        raise SchemaTooNew(
            f"the data was written by a newer Whyspan: its schema is {at}, this version knows {newest}. "
            "Upgrade whyspan, or use another folder with --data."
        )
    if 0 < at < newest:
        keep_backup(at)
    for number, script in sql.migrations().items():
        if number > at:
            _apply(connection, number, script)
    if at == newest:
        _check(connection, newest)
    return newest


def _check(connection: DuckDBPyConnection, newest: int) -> None:
    """Raises StoreError where the database says which schema it has and has another: a version under development wrote it."""
    if missing := sorted(_expected(tuple(sql.migrations().values())) - _columns(connection)):
        listed = ", ".join(f"{table}.{column}" for table, column in missing[:5])
        raise StoreError(
            f"the database says that its schema is {newest}, and lacks {listed}: a version of Whyspan that was never released"
            " wrote it. Export with that version and import here, or use another folder with --data."
        )


@cache
def _expected(scripts: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    with duckdb.connect(":memory:") as empty:
        for script in scripts:
            empty.execute(script)
        return _columns(empty)


def _columns(connection: DuckDBPyConnection) -> frozenset[tuple[str, str]]:
    """(table, column) of everything in a database."""
    return frozenset(
        connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    )


def _apply(connection: DuckDBPyConnection, number: int, script: str) -> None:
    connection.begin()
    try:
        connection.execute(script)
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version VALUES ($number)", {"number": number})
        connection.commit()
    except duckdb.Error as error:
        connection.rollback()
        raise StoreError(
            f"the data could not be brought to schema {number} and was left as it is: {error}. "
            "Please report this; the version of Whyspan that wrote it can still read it."
        ) from error


def version(connection: DuckDBPyConnection) -> int:
    """Reads the schema version of a database; 0 for an empty one. Raises StoreError where something else is in it."""
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        return 0
    try:
        ((found,),) = connection.execute("SELECT max(version) FROM schema_version").fetchall()
        return int(found)
    except (duckdb.Error, TypeError, ValueError) as error:
        raise StoreError(
            f"the database is not one of Whyspan's: it has the tables {', '.join(sorted(tables)[:5])} and does not say which schema"
            " that is. Use another folder with --data, or move the file away."
        ) from error
