"""Searching the texts of a store: finds traces for filters and excerpts for lists, and keeps the index up to date."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from whyspan_collector import filter as filters
from whyspan_collector.errors import StoreUnavailable
from whyspan_collector.search.excerpt import Excerpt, around
from whyspan_collector.search.index import TextIndex
from whyspan_collector.search.update import behind, update

FILE_NAME: Final = "whyspan.text.sqlite"
_LOOKED_AT: Final = 100
"""Hits in a trace that holds several runs that are looked at for one of the right run."""


class Texts:
    """The searchable texts of one store."""

    def __init__(self, data_dir: Path, query: Callable[..., pa.Table]) -> None:
        """Opens the index of a data folder; `query` is that of its store."""
        self._query = query
        self._index = TextIndex(data_dir / FILE_NAME)
        self.in_background = False
        """True where somebody calls `update` all the time; else every search brings the index up to date first."""

    def find(self, phrase: str, subject: filters.Subject = "runs") -> tuple[list[str], list[tuple[str, str]]]:
        """Finds where a phrase stands, as `filter.Search`. Raises StoreUnavailable where the disk is full."""
        self._catch_up()
        if subject == "spans":
            with _as_unavailable():
                return [], self._index.spans_with(phrase)
        split = self._query("split_traces")["trace_id"].to_pylist()
        with _as_unavailable():
            return self._index.search(phrase, split)

    def excerpts(self, filter_text: str, run_ids: Sequence[str]) -> list[Excerpt]:
        """Shows where runs say what a filter looks for: of each run the first place for each of its phrases.

        Raises:
            FilterError: the filter is none.
        """
        wanted = list(dict.fromkeys(filters.phrases(filters.parse(filter_text))))
        if not wanted:
            return []
        self._catch_up()
        places: dict[str, list[dict[str, Any]]] = {run_id: [] for run_id in run_ids}
        for row in self._query("run_traces", run_ids=list(run_ids)).to_pylist():
            places[row["run_id"]].append(row)
        with _as_unavailable():
            return [
                found
                for run_id in run_ids
                for phrase in wanted
                for found in self._first(phrase, run_id, places[run_id])
            ]

    def _catch_up(self) -> None:
        if not self.in_background:
            self.update()

    def _first(self, phrase: str, run_id: str, traces: Iterable[dict[str, Any]]) -> Iterator[Excerpt]:
        for trace in traces:
            own = trace["span_ids"]
            for text in self._index.texts(phrase, trace["trace_id"], _LOOKED_AT if own else 1):
                if own is None or text.span_id in own:
                    yield Excerpt(run_id, text.span_id, text.place, *around(text.text, phrase))
                    return

    def update(self, quiet_before_ns: int | None = None, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Indexes what changed, see `update.update`. Returns how many traces that were."""
        with _as_unavailable():
            return update(self._index, self._query, quiet_before_ns, is_stopping)

    def erase(self, trace_ids: Iterable[str]) -> None:
        """Removes traces so that none of their words can be read from the file."""
        with _as_unavailable():
            self._index.forget(trace_ids, erase=True)

    def status(self) -> dict[str, int]:
        """Counts `traces` and `texts` of the index, its `file_bytes`, and how many traces it is `behind` the store."""
        return self._index.status() | {"behind": behind(self._index, self._query)}

    def close(self) -> None:
        """Lets go of the file."""
        self._index.close()


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"the text index cannot be used at present: {error}") from error
