"""SQL of the user's own, on a copy of the database in a process of its own: read-only, without files or network, bounded.

Only a process can be bounded: DuckDB builds some values (a text of 3 GB) without looking at its memory limit, and does not
stop for an interrupt meanwhile.
"""

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from whyspan_collector.errors import QueryError

_SETTINGS: Final[dict[str, str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
    "temp_directory": "",  # what does not fit into memory is an error, not a file
    "threads": "2",
}
_MIB: Final = 1024 * 1024
_OWN_MIB: Final = 512
"""Address space that DuckDB and its threads take before they are asked anything."""
_REFUSED: Final = 2
"""Exit status of the process where the question is wrong; the reason is on its standard error."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one question may take."""

    seconds: int = 30
    memory_mib: int = 1024
    rows: int = 10_000
    """Of the answer; the rest is left out."""


def ask(database: Path, question: str, bounds: Bounds) -> tuple[pa.Table, bool]:
    """Answers one SELECT on a database file that nobody else has open.

    Returns:
        the answer, and whether rows were left out.

    Raises:
        QueryError: it is not one SELECT, is wrong, or takes more than it may.
    """
    command = [sys.executable, "-m", __name__, str(database), *map(str, (bounds.memory_mib, bounds.rows))]
    try:
        done = subprocess.run(  # noqa: S603 - our own module; what the user wrote is on its standard input
            command, input=question.encode(errors="replace"), capture_output=True, timeout=bounds.seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise QueryError(
            f"the question took more than {bounds.seconds} seconds; ask for less, or give it more"
        ) from None
    if done.returncode == _REFUSED:
        raise QueryError(done.stderr.decode(errors="replace").strip())
    if done.returncode:
        raise QueryError(
            f"the question took more than {bounds.memory_mib} MiB of memory; ask for less, or give it more"
        )
    table = pa.ipc.open_stream(done.stdout).read_all()
    return table.slice(0, bounds.rows), table.num_rows > bounds.rows


def select(database: Path, question: str, memory_mib: int, rows: int) -> pa.Table:
    """Answers one SELECT in this process, read-only and without files or network, but bounded by DuckDB's own limit only.

    Returns:
        the first rows, at most one more than asked for.

    Raises:
        duckdb.Error: with the reason.
    """
    config: dict[str, str | bool | int | float | list[str]] = {**_SETTINGS, "memory_limit": f"{memory_mib}MiB"}
    with duckdb.connect(database, read_only=True, config=config) as connection:
        statements = connection.extract_statements(question)
        kinds = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
        if len(statements) != 1 or statements[0].type not in kinds:
            raise duckdb.InvalidInputException("one SELECT can be asked, and nothing that changes anything")
        return connection.sql(question).limit(rows + 1).to_arrow_table()


def _bound(memory_mib: int) -> None:
    """Limits the process to so much more memory than it has now, and to no file at all."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) if sys.platform == "linux" else 0
    most = pages * os.sysconf("SC_PAGE_SIZE") + memory_mib * _MIB
    for limit, value in ((resource.RLIMIT_AS, most), (resource.RLIMIT_FSIZE, 0)):
        if pages or limit == resource.RLIMIT_FSIZE:
            resource.setrlimit(limit, (value, value))


def main() -> int:
    """Runs as the process `ask` starts. Returns its exit status."""
    memory_mib, rows = int(sys.argv[2]), int(sys.argv[3])
    _bound(memory_mib + _OWN_MIB)
    try:
        answer = select(Path(sys.argv[1]), sys.stdin.buffer.read().decode(), memory_mib, rows)
    except duckdb.OutOfMemoryException:
        return 1
    except (duckdb.Error, UnicodeDecodeError) as error:
        sys.stderr.write(str(error))
        return _REFUSED
    with pa.ipc.new_stream(sys.stdout.buffer, answer.schema) as writer:
        writer.write_table(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
