"""How long questions take in a large store: `python -m benchmarks.scale --spans 5000000`.

The rows are made by SQL, straight into the tables; they carry no payload and the text index holds one text a span of every
fiftieth run. What is measured are the product's own queries, through `Store`.
"""

import argparse
import shutil
import statistics
import time
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb

from whyspan_collector.search.index import Text, Trace
from whyspan_collector.store import FILE_NAME, Store

_LARGE = 5_000
"""Spans of the one large run; the others have 100."""
_ROUNDS = 7
_AT_ONCE = 250_000
"""Spans made together; bringing `runs` up to date takes memory for all that changed."""
_T0 = 1_790_000_000 * 10**9
_SPANS = """
INSERT INTO spans BY NAME
SELECT * EXCLUDE (root) FROM (SELECT
    format('{:032x}', run) AS trace_id,
    format('{:016x}', span) AS span_id,
    CASE WHEN span < $large THEN 0 ELSE span - span % 100 END AS root,
    CASE WHEN span > root THEN format('{:016x}', root) END AS parent_span_id,
    'step ' || span % 7 AS name,
    'internal' AS otel_kind,
    $t0 + run * 1_000_000_000 + span % 100 AS start_ns,
    start_ns + 1_000_000 * (1 + span % 90) AS end_ns,
    CASE WHEN hash(span) % 50 = 0 THEN 'error' ELSE 'ok' END AS status,
    'service-' || run % 5 AS service,
    CASE WHEN run % 4 = 0 THEN 'production' ELSE 'test' END AS environment,
    CASE span % 5 WHEN 0 THEN 'agent' WHEN 1 THEN 'model_call' WHEN 2 THEN 'tool' ELSE 'step' END AS kind,
    CASE WHEN span % 5 = 0 THEN 'agent-' || run % 20 END AS agent,
    CASE WHEN span % 5 = 2 THEN 'tool_' || hash(span) % 200 END AS tool,
    CASE WHEN span % 5 = 1 THEN 'gpt-' || run % 3 END AS request_model,
    CASE WHEN status = 'error' THEN 'TimeoutError' END AS error_type,
    [] AS linked_spans,
    0 AS message,
    0 AS context,
    0 AS attribute_count,
    md5(span::VARCHAR) AS content_hash,
    start_ns AS arrived_ns
FROM (SELECT i AS span, CASE WHEN i < $large THEN 0 ELSE i // 100 END AS run FROM range($first, $last) AS numbers(i)))
"""
_TRACES = """
INSERT INTO traces SELECT trace_id, min(arrived_ns), max(arrived_ns), true FROM spans
WHERE arrived_ns >= $since GROUP BY trace_id
"""
_QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "list page: 100 newest runs": ("runs", {"limit": 100}),
    "filter: agent, environment, duration": (
        "runs",
        {"limit": 100, "filter": "agent:agent-1* env:production duration>1ms"},
    ),
    "filter: a tool one of the spans called": ("runs", {"limit": 100, "filter": "tool:tool_17"}),
    "filter: text of an error": ("runs", {"limit": 100, "filter": "error:timeout since:2026-09-21"}),
    f"one run of {_LARGE:,} spans, without payload": ("run_spans", {"run_id": "0" * 32}),
    "full-text search: a rare word": ("runs", {"limit": 100, "filter": "text:order4900"}),
    "full-text search: a word in every text": ("runs", {"limit": 100, "filter": "text:refund"}),
}


def build(folder: Path, spans: int) -> None:
    """Fills a store."""
    for first in range(0, spans, _AT_ONCE):
        with closing(Store(folder)) as store:
            store.query("totals")  # which brings `runs` up to date
        numbers = {"first": first, "last": min(first + _AT_ONCE, spans)}
        with closing(duckdb.connect(folder / FILE_NAME)) as database:
            database.execute(_SPANS, {**numbers, "large": _LARGE, "t0": _T0})
            database.execute(_TRACES, {"since": _T0 + first // 100 * 10**9 if first else 0})
    with closing(Store(folder)) as store:
        runs = store.query("runs", filter="").select(["run_id", "last_arrived_ns"]).to_pylist()
        for run in runs:
            number = int(run["run_id"], 16)
            said = [
                Text(f"{n:016x}", "result", f"refund of order{number} step {n}")
                for n in range(100 * (number % 50 == 0))
            ]
            store.texts._index.replace([Trace(run["run_id"], run["last_arrived_ns"], said)])  # noqa: SLF001 - without payload


def measure(folder: Path) -> None:
    """Prints a table: the first answer after opening, and the median of the next ones."""
    print("| question | first, ms | then, ms | rows |\n|---|---|---|---|")
    for question, (name, parameters) in _QUESTIONS.items():
        with closing(Store(folder)) as store:
            store.texts.in_background = True
            times = []
            for _ in range(_ROUNDS):
                began = time.perf_counter()
                rows = store.query(name, **parameters).num_rows
                times.append(1000 * (time.perf_counter() - began))
        print(f"| {question} | {times[0]:,.0f} | {statistics.median(times[1:]):,.0f} | {rows:,} |", flush=True)


def main() -> None:
    """Builds, measures, says the sizes and removes everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--spans", type=int, default=5_000_000)
    options = parser.parse_args()
    folder = Path(mkdtemp(prefix="whyspan-scale-"))
    try:
        began = time.perf_counter()
        build(folder, options.spans)
        with closing(Store(folder)) as store:
            status = store.status()
        sizes = f"{status['file_bytes'] / 1e9:.2f} GB, text index {status['texts']['file_bytes'] / 1e9:.2f} GB"
        print(
            f"{status['spans']:,} spans, {status['runs']:,} runs, {sizes}, built in {time.perf_counter() - began:.0f} s\n"
        )
        measure(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
