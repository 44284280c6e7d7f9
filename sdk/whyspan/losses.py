"""What could not be kept, counted by where it was lost: nothing disappears unsaid."""

import threading
from collections.abc import Mapping
from typing import Literal, TypeAlias

from whyspan.semconv import LOST_PREFIX

Reason: TypeAlias = Literal["queue", "unprepared", "spool", "refused", "sampled_out"]
"""`queue`: faster than they could be encoded; `unprepared`: masking them failed; `spool`: the disk budget, or a full disk and
then the memory; `refused`: by the collector, for good; `sampled_out`: not kept on purpose, see `Sampling`."""


class Losses:
    """Spans of this process that will never arrive."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._mutex = threading.Lock()

    def add(self, reason: Reason, spans: int) -> None:
        """Counts spans as lost."""
        with self._mutex:
            self._counts[reason] = self._counts.get(reason, 0) + spans

    def attributes(self) -> Mapping[str, int]:
        """The counts since the process began, as attributes of the resource of every span that follows."""
        with self._mutex:
            return {LOST_PREFIX + reason: count for reason, count in self._counts.items()}
