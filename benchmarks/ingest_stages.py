"""Where the time of a span goes inside the collector: its stages one after the other in one thread, without a network."""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.load import generate
from whyspan_collector import otlp
from whyspan_collector.journal import Journal
from whyspan_collector.redaction import Redactor, Rules
from whyspan_collector.service import GARBAGE
from whyspan_collector.store import Store

_SPANS, _BATCH, _ROUNDS = 12_000, 6_000, 4
"""Spans of a round; spans stored together, as the collector does when it is busy."""


def stages(per_request: int) -> dict[str, float]:
    """Microseconds of CPU a span by stage, the least of some rounds with different spans; all threads of the process."""
    rounds: list[dict[str, float]] = []
    with TemporaryDirectory() as folder, closing(Store(Path(folder))) as store, _garbage_as_in_the_collector():
        journal, redactor = Journal(Path(folder) / "journal", 2**30), Redactor(Rules())
        for seed in range(_ROUNDS):
            bodies = generate(_SPANS, per_request, seed).bodies
            gc.collect()
            gc.freeze()
            rounds.append(_round(store, journal, redactor, bodies, _BATCH // per_request))
        journal.close()
    return {stage: 1e6 * min(each[stage] for each in rounds) / _SPANS for stage in rounds[0]}


@contextmanager
def _garbage_as_in_the_collector() -> Iterator[None]:
    """Looks for garbage as seldom as the collector does; what is frozen for that is let go of in the end."""
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _round(store: Store, journal: Journal, redactor: Redactor, bodies: list[bytes], at_once: int) -> dict[str, float]:
    used: dict[str, float] = defaultdict(float)

    def timed(stage: str, do: Callable[..., Any], *arguments: Any) -> Any:
        began = time.process_time()
        done = do(*arguments)
        used[stage] += time.process_time() - began
        return done

    for first in range(0, len(bodies), at_once):
        spans = []
        for body in bodies[first : first + at_once]:
            clean = timed("scan for secrets", redactor.redact, "traces", body, "protobuf").body
            spans += timed("decode, canonical columns", otlp.receive, "traces", clean, "protobuf").spans
            timed("journal", journal.append, "traces", "protobuf", clean, time.time_ns())
        timed("store, each span once", store.ingest, spans, [], time.time_ns())
    timed("roll-up of the runs", store.query, "totals")
    timed("text index, in the background", store.texts.update)
    return used
