"""Bringing a database file to the schema of this version: numbered scripts, each applied once and whole."""

from duckdb import DuckDBPyConnection

from whyspan_collector import sql
from whyspan_collector.errors import SchemaTooNew


def migrate(connection: DuckDBPyConnection) -> int:
    """Applies the scripts the database lacks, each in a transaction of its own.

    Returns:
        the version the database is at now.

    Raises:
        SchemaTooNew: the database is at a version this Whyspan does not know.
    """
    at = version(connection)
    newest = max(sql.migrations())
    if at > newest:
        raise SchemaTooNew(
            f"the data was written by a newer Whyspan: its schema is {at}, this version knows {newest}. "
            "Upgrade whyspan, or use another folder with --data."
        )
    for number, script in sql.migrations().items():
        if number > at:
            connection.begin()
            connection.execute(script)
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version VALUES ($number)", {"number": number})
            connection.commit()
    return newest


def version(connection: DuckDBPyConnection) -> int:
    """Reads the schema version of a database; 0 for an empty one."""
    tables = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'schema_version'").fetchall()
    if not tables:
        return 0
    rows = connection.execute("SELECT max(version) FROM schema_version").fetchall()
    return int(rows[0][0] or 0)
