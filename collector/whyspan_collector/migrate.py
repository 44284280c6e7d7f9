"""Bringing a database file to the schema of this version: numbered scripts, each applied once and whole."""

from collections.abc import Callable

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
        StoreError: a script failed; the database is at the version before it.
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
    return newest


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
    """Reads the schema version of a database; 0 for an empty one."""
    tables = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'schema_version'").fetchall()
    if not tables:
        return 0
    rows = connection.execute("SELECT max(version) FROM schema_version").fetchall()
    return int(rows[0][0] or 0)
