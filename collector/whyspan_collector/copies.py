"""Copies of the database while it is in use: for backups, and because a copy is the only way to make its file smaller.

DuckDB 2.0 reuses the space of deleted rows and never gives it back, nor does it overwrite what was in it.
"""

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

import duckdb

from whyspan_collector.errors import StoreError

FOLDER: Final = "copies"
"""In the data folder; the one place the database's statements may write to. Empty but for copies under way."""
DATABASE: Final = "application/vnd.duckdb"
"""Content type of a copy on the wire."""
_numbers: Final = count(1)


def copy(connection: duckdb.DuckDBPyConnection, data_dir: Path) -> Path:
    """Copies the open database, consistent as of one moment; others go on reading and writing.

    Args:
        connection: one of its own, outside a transaction.
        data_dir: the data folder.

    Returns:
        the file, which the caller moves away or removes.
    """
    path = new_path(data_dir)
    quoted = "'" + str(path).replace("'", "''") + "'"
    ((name,),) = connection.execute("SELECT current_database()").fetchall()
    try:
        connection.execute(f"ATTACH {quoted} AS made")
        try:
            connection.execute(f'COPY FROM DATABASE "{name}" TO made')
        finally:
            connection.execute("DETACH made")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def new_path(data_dir: Path) -> Path:
    """A path nobody else uses, for a copy under way."""
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder.resolve() / f"{next(_numbers)}.duckdb"


def clear(data_dir: Path) -> None:
    """Removes what a crash left. The caller holds the database."""
    for path in (data_dir / FOLDER).glob("*"):
        with suppress(OSError):
            path.unlink()


def check(path: Path, newest: int) -> None:
    """Raises StoreError unless the file is a database of ours that this version can read."""
    try:
        with duckdb.connect(path, read_only=True, config={"enable_external_access": "false"}) as backup:
            ((version,),) = backup.execute("SELECT max(version) FROM schema_version").fetchall()
    except duckdb.Error as error:
        raise StoreError(f"{path.name} is no backup of Whyspan: {str(error).splitlines()[0]}") from error
    if version is None or version > newest:
        raise StoreError(
            f"{path.name} was written by a newer Whyspan: its schema is {version}, this one knows {newest}."
        )
