"""The store: one DuckDB file, held by one process, that speaks in spans, runs and Arrow tables.

`ingest` adds records, `query` runs a named query over everything that was ingested before it. Both may be called
from any thread: writers take turns, readers work beside them on cursors of their own.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any, Final

import duckdb
import pyarrow as pa

from whyspan_collector import copies, prices, sql
from whyspan_collector.annotations import Annotation
from whyspan_collector.erase import erase
from whyspan_collector.errors import QueryError, StoreBusy, StoreError, StoreUnavailable
from whyspan_collector.event_chain import link
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.merge import IngestCounts, add_to_counters, merge
from whyspan_collector.migrate import migrate
from whyspan_collector.otlp import encode
from whyspan_collector.packs import Writer, unpacked
from whyspan_collector.records import Log, Sent, Span
from whyspan_collector.refresh import refresh
from whyspan_collector.reprice import reprice
from whyspan_collector.rule_checks import RuleChecks
from whyspan_collector.rule_events import RuleEvent
from whyspan_collector.search import Excerpt, Texts
from whyspan_collector.sweep import sweep
from whyspan_collector.turns import Turns

FILE_NAME: Final = "whyspan.duckdb"

_SETTINGS: Final[dict[str, str]] = {
    # The default of 16 MB halves the speed and stalls commits for over a second; what is in the log a restart replays (5 ms a MB).
    "checkpoint_threshold": "128MB",
    "memory_limit": "512MB",  # of the collector's bound of 1 GiB; what does not fit goes to files in the data folder
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_LOCKS: Final = (  # no statement reads or writes another file, or the network; but for copies, in a folder of their own
    "SET allowed_directories = [{copies}]",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_REFRESH_AFTER: Final = 100_000
"""Spans taken in before `runs` is brought up to date without a read asking for it; bounds the memory it takes."""


class Store:
    """The open database of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Opens the database of a folder, creating both where they do not exist.

        Raises:
            StoreBusy: another process holds the file.
            SchemaTooNew: a newer Whyspan wrote it.
            WrongPrices: the user's price table makes no sense.
            StoreError: the file is no database, or the folder cannot be used.
        """
        self.path = data_dir / FILE_NAME
        self._prices = prices.load(data_dir)
        self._lock = Lock()
        self._turns = Turns()
        self._packs: Writer | None = None
        self._open()
        copies.clear(data_dir)
        self._since_refresh = 0
        self.texts = Texts(data_dir, self.query)

    def ingest(
        self, spans: Iterable[Sent[Span] | Span], logs: Iterable[Sent[Log] | Log], arrived_ns: int
    ) -> IngestCounts:
        """Adds records in one transaction; when this returns they survive a kill and every query sees them.

        Args:
            spans: in any order; repeats and other versions of stored spans are merged. Records that were made by hand are
                encoded first.
            logs: likewise.
            arrived_ns: when they arrived by our clock, nanoseconds since the epoch.

        Raises:
            StoreUnavailable: nothing of the batch was stored; trying again later may work.
        """
        sent_spans = [each if isinstance(each, Sent) else encode(each) for each in spans]
        sent_logs = [each if isinstance(each, Sent) else encode(each) for each in logs]
        with self._lock:
            with self._transaction() as writer:
                self._runs_are_current = False
                packs, self._packs = self._packs or Writer(writer), None
                counts = merge(writer, packs, sent_spans, sent_logs, arrived_ns)
            self._packs = packs  # after a failed commit it would know items that are not there
            self._since_refresh += counts.new_spans + counts.replaced_spans
        if self._since_refresh >= _REFRESH_AFTER:
            self._refresh()
        return counts

    def count(self, increments: Mapping[str, int]) -> None:
        """Raises lasting counters of what is not stored: `rejected_records`, `metric_points`.

        Raises:
            KeyError: there is no such counter.
            StoreUnavailable: nothing was counted; trying again later may work.
        """
        with self._lock, self._transaction() as writer:
            add_to_counters(writer, increments)

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """Runs `queries/<name>.sql`; its header says what it answers and which parameters it takes.

        Raises:
            QueryError: there is no such query, or the parameters are not the declared ones.
            StoreUnavailable: trying again later may work.
        """
        text, bound = sql.query(name).prepare(parameters, self.texts.find)
        if not self._runs_are_current:
            self._refresh()
        with self._turns.shared(), _as_unavailable(), self._connection.cursor() as reader:
            try:
                reader.begin()  # what was sent is read as of the same moment as the rows that name it
                return unpacked(reader, reader.sql(text, params=bound).to_arrow_table())
            except duckdb.DataError as error:  # a parameter of another type, such as a word where a number belongs
                raise QueryError(f"query {name!r} cannot take these parameters: {error}") from error

    def excerpts(self, filter_text: str, run_ids: Sequence[str]) -> list[Excerpt]:
        """Shows where runs say what a filter looks for, see `Texts.excerpts`."""
        return self.texts.excerpts(filter_text, run_ids)

    def save_diagnoses(self, diagnoses: pa.Table) -> None:
        """Replaces the diagnoses of the runs in the table, which has the columns of `diagnoses`."""
        with self._lock, self._transaction() as writer, sql.named_tables(writer, renewed=diagnoses):
            writer.execute(sql.statements()["delete_renewed_diagnoses"])
            writer.execute(sql.statements()["insert_diagnoses"])

    def record_incident_event(self, event: IncidentEvent) -> None:
        """Adds what somebody did about an incident to those before, chained to them; it is never changed again."""
        self._append(event, "last_incident_event", "insert_incident_event")

    def record_rule_event(self, event: RuleEvent) -> None:
        """Adds what happened to a rule to those before, chained to them; it is never changed again."""
        self._append(event, "last_rule_event", "insert_rule_event")

    def _append(self, event: IncidentEvent | RuleEvent, last_event: str, insert: str) -> None:
        with self._lock, self._transaction() as writer:
            last = writer.execute(sql.statements()[last_event]).fetchall()
            number, before = last[0] if last else (0, "")
            row = {**asdict(event), "number": number + 1, "hash": link(event, number + 1, before or "")}
            writer.execute(sql.statements()[insert], row)

    def save_rule_checks(self, checks: RuleChecks) -> None:
        """Replaces what is known of the rules in the runs that were looked at."""
        checked, broken = checks.tables()
        with self._lock, self._transaction() as writer, sql.named_tables(writer, checked=checked, broken=broken):
            for step in (
                "delete_rule_checks",
                "delete_rule_violations",
                "insert_rule_checks",
                "insert_rule_violations",
            ):
                writer.execute(sql.statements()[step])

    def annotate(self, annotation: Annotation) -> None:
        """Adds what a person says about the diagnosis of a run, with that diagnosis as it is now.

        Raises:
            QueryError: there is no such run.
        """
        if not self._runs_are_current:
            self._refresh()
        with self._lock, self._transaction() as writer:
            ((added,),) = writer.execute(sql.statements()["insert_annotation"], asdict(annotation)).fetchall()
        if not added:
            raise QueryError(f"there is no run {annotation.run_id!r} to say something about")

    def status(self) -> dict[str, Any]:
        """Says what the store holds, for people and for `doctor`.

        Returns:
            path, schema_version, file_bytes, wal_bytes, runs, spans, logs, diagnoses, the lasting counters, and of the
            price table its date (`as_of`) and the number of prices that are the user's (`own`), and of the text index what
            `Texts.status` says.
        """
        counts = self.query("totals").to_pylist()[0]
        counters = self.query("counters").to_pylist()
        wal = self.path.with_name(FILE_NAME + ".wal")
        return {
            "path": str(self.path),
            "schema_version": self._schema_version,
            "file_bytes": self.path.stat().st_size,
            "wal_bytes": wal.stat().st_size if wal.exists() else 0,
            **counts,
            "counters": {row["name"]: row["value"] for row in counters},
            "prices": {"as_of": self._prices.as_of.isoformat(), "own": self._prices.own},
            "texts": self.texts.status(),
        }

    def backup(self, target: Path) -> None:
        """Copies the database, as it is at one moment, to a file that is made or replaced; others go on working.

        Raises:
            StoreUnavailable: there is no space for the copy.
            OSError: the target cannot be written.
        """
        with self._copied() as path:
            shutil.move(path, target)

    def incoming(self) -> Path:
        """Names a new file in the data folder for a copy under way; it is removed at the next start, if not before."""
        return copies.new_path(self.path.parent)

    def restore(self, backup: Path) -> None:
        """Puts a copy of a backup in the place of everything that is stored.

        Raises:
            StoreError: it is no backup, or of a newer version; nothing has changed.
            OSError: it cannot be read or copied.
        """
        copies.check(backup, max(sql.migrations()))
        path = self.incoming()
        try:
            shutil.copyfile(backup, path)
            with self._lock:
                self._replace_file(path)
        finally:
            path.unlink(missing_ok=True)

    def delete(self, run_ids: Sequence[str], counted_as: str = "deleted_runs") -> int:
        """Deletes runs everywhere, and gives back the space they took.

        Args:
            run_ids: which; those there are not are passed over.
            counted_as: the lasting counter they are added to.

        Returns:
            how many there were. One that comes in again afterwards is stored again.

        Raises:
            StoreUnavailable: there is no space for the copy that makes the file smaller; the runs are gone from every list.
        """
        if not self._runs_are_current:
            self._refresh()
        with self._lock:
            with self._transaction() as writer:
                before = len(writer.table("runs"))
                traces = erase(writer, run_ids)
                deleted = before - len(writer.table("runs"))
                self._packs = None  # it knows items that may be gone now
                sweep(writer)
                add_to_counters(writer, {counted_as: deleted})
                self._runs_are_current = False
            if deleted:
                with self._copied() as path:
                    self._replace_file(path)
        if deleted:
            self.texts.erase(traces)
        return deleted

    def pin(self, run_ids: Sequence[str], reason: str) -> int:
        """Keeps retention away from runs; one may be pinned for several reasons.

        Args:
            run_ids: which; those there are not are passed over.
            reason: for people, and for whoever takes the pin away again.

        Returns:
            how many were not pinned for this reason yet.
        """
        return self._change_pins("pin", run_ids, reason)

    def unpin(self, run_ids: Sequence[str], reason: str | None = None) -> int:
        """Takes the pins of this reason, or all, from runs. Returns how many pins that were."""
        return self._change_pins("unpin", run_ids, reason)

    def close(self) -> None:
        """Writes everything to the file and lets go of it."""
        with self._lock:
            self.texts.close()
            self._writer.close()
            self._connection.close()

    def _change_pins(self, statement: str, run_ids: Sequence[str], reason: str | None) -> int:
        if not self._runs_are_current:
            self._refresh()
        with self._lock, self._transaction() as writer:
            parameters = {"run_ids": list(run_ids), "reason": reason}
            ((changed,),) = writer.execute(sql.statements()[statement], parameters).fetchall()
        return int(changed)

    def _open(self) -> None:
        self._connection = _connect(self.path)
        try:
            self._schema_version = migrate(self._connection, self._keep_backup)
            self._writer = self._connection.cursor()
            ((self._runs_are_current,),) = self._writer.execute(sql.statements()["runs_are_current"]).fetchall()
            with self._transaction() as writer:
                reprice(writer, self._prices)
        except BaseException:
            self._connection.close()
            raise
        self._packs = None

    def _keep_backup(self, schema: int) -> None:
        """Keeps what an older version wrote, before it is changed."""
        with self._copied() as path:
            path.replace(self.path.with_name(f"whyspan.schema-{schema}.duckdb"))

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        with self._turns.shared(), _as_unavailable(), self._connection.cursor() as reader:
            path = copies.copy(reader, self.path.parent)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _replace_file(self, path: Path) -> None:
        """Goes on with another database file. The caller holds the lock."""
        with self._turns.exclusive():
            self._writer.close()
            self._connection.close()
            path.replace(self.path)
            self._open()

    def _refresh(self) -> None:
        with self._lock:
            if self._runs_are_current:  # another thread did it while this one waited
                return
            with self._transaction() as writer:
                refresh(writer, self._prices)
            self._runs_are_current = True
            self._since_refresh = 0

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Commits what the block wrote, or nothing of it. The caller holds the lock."""
        with _as_unavailable():
            self._writer.begin()
            try:
                yield self._writer
                self._writer.commit()
            except BaseException:
                with suppress(duckdb.Error):  # a failed commit has been rolled back already
                    self._writer.rollback()
                raise


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (
        duckdb.ConnectionException,
        duckdb.FatalException,
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.TransactionException,  # a commit without space left on the device
    ) as error:
        raise StoreUnavailable(f"the database cannot be used at present: {error}") from error


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = duckdb.connect(path, config={**_SETTINGS, "temp_directory": str(path.with_suffix(".tmp"))})
        folder = str((path.parent / copies.FOLDER).resolve()).replace("'", "''")
        for setting in _LOCKS:
            connection.execute(setting.format(copies=f"'{folder}'"))
        return connection  # noqa: TRY300 - the errors below are those of all these lines
    except duckdb.IOException as error:
        if "Could not set lock" not in str(error):
            raise StoreError(
                f"{path} cannot be opened: {error}. Move it away, or use another folder with --data."
            ) from error
        found = re.search(r"PID (\d+)", str(error))
        holder = f"process {found[1]}" if found else "another process"
        raise StoreBusy(
            f"{path} is held by {holder}. Stop it, or use another folder with --data.", int(found[1]) if found else None
        ) from error
    except OSError as error:
        raise StoreError(f"the folder {path.parent} cannot be used: {error}. Use another one with --data.") from error
