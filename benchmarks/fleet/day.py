"""`python -m benchmarks.fleet.day [--runs N] [--of M]`: what one more day costs in a store that holds a month of runs.

The month is a small fleet, sent and analysed as ever, whose rows are then copied under other ids by SQL: nobody waits hours for
a benchmark's past. Copies share the payload of their original. The day is sent, diagnosed and reported like any other.
"""

import argparse
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.fleet.causes import DAYS
from benchmarks.fleet.generate import RUNS_PER_REQUEST, made, write
from benchmarks.fleet.measure import bodies
from benchmarks.fleet.product import Product
from whyspan_collector.store import FILE_NAME

_ORIGINALS = 2_000
_MONTH = 30
_DAY_NS = 86_400 * 10**9
_RENAMED = """
CREATE MACRO renamed(id, copy) AS CASE
    WHEN starts_with(id, 'key:') THEN id || '-' || copy
    ELSE md5(split_part(id, '-', 1) || copy) || substr(id, 33)
END;
"""
_COPIES = (
    """
INSERT INTO spans BY NAME SELECT * REPLACE (
    renamed(trace_id, $copy) AS trace_id, run_key || '-' || $copy AS run_key, start_ns - $by AS start_ns,
    end_ns - $by AS end_ns, [renamed(link, $copy) FOR link IN linked_spans] AS linked_spans,
    md5(content_hash || $copy) AS content_hash
) FROM spans SEMI JOIN originals USING (trace_id)
""",
    """
INSERT INTO traces BY NAME SELECT * REPLACE (renamed(trace_id, $copy) AS trace_id) FROM traces SEMI JOIN originals USING (trace_id)
""",
    """
INSERT INTO joins BY NAME SELECT renamed(node, $copy) AS node, renamed(other, $copy) AS other FROM original_joins
""",
    """
INSERT INTO runs BY NAME SELECT * REPLACE (
    renamed(run_id, $copy) AS run_id, [renamed(id, $copy) FOR id IN trace_ids] AS trace_ids,
    [key || '-' || $copy FOR key IN run_keys] AS run_keys, start_ns - $by AS start_ns, end_ns - $by AS end_ns
) FROM original_runs
""",
    """
INSERT INTO diagnoses BY NAME SELECT * REPLACE (renamed(run_id, $copy) AS run_id) FROM original_diagnoses
""",
    """
INSERT INTO run_errors BY NAME SELECT * REPLACE (renamed(run_id, $copy) AS run_id) FROM original_errors
""",
)
_ORIGINAL_ROWS = """
CREATE TEMP TABLE originals AS SELECT trace_id FROM traces;
CREATE TEMP TABLE original_joins AS FROM joins;
CREATE TEMP TABLE original_runs AS FROM runs;
CREATE TEMP TABLE original_diagnoses AS FROM diagnoses;
CREATE TEMP TABLE original_errors AS FROM run_errors;
"""


def run(runs: int, of: int) -> None:
    """Prints how long the day takes from its first request to its report."""
    folder = Path(tempfile.mkdtemp(prefix="whyspan-day-"))
    product = Product()
    try:
        write(folder, _ORIGINALS)
        day = _day(runs)
        product.send(bodies(folder))
        product.run("analyze", "--workers", "2")
        product.collector.end()
        copies = _copy(product.collector.data / FILE_NAME, of)
        print(f"{_ORIGINALS * (copies + 1):,} runs stored and diagnosed; opened in {product.collector.start():.1f} s")
        print(f"{runs:,} runs of a new day queryable in {product.send(day):.0f} s")
        for command in (
            ("analyze", "--workers", "2"),
            ("incidents", "--json"),
            ("report", "--output", str(folder / "report.html")),
        ):
            ran = product.run(*command)
            print(f"{command[0]}: {ran.seconds:.0f} s, {ran.mib:.0f} MiB")
        print(f"collector at most {product.collector_mib:.0f} MiB")
    finally:
        product.end()
        shutil.rmtree(product.collector.data)
        shutil.rmtree(folder)


def _copy(path: Path, of: int) -> int:
    """Copies all rows under other ids until there are so many runs. Returns the number of copies."""
    copies = of // _ORIGINALS - 1
    with closing(duckdb.connect(path)) as database:
        database.execute(_RENAMED + _ORIGINAL_ROWS)
        for copy in range(1, copies + 1):
            earlier_ns = (
                copy % 2 * sum(DAYS) * _DAY_NS + copy * 10**9
            )  # two fortnights, the copies of a run seconds apart
            for statement in _COPIES:
                database.execute(statement, {"copy": str(copy)} | ({"by": earlier_ns} if "$by" in statement else {}))
        database.execute("DROP MACRO renamed")
    return copies


def _day(runs: int) -> list[bytes]:
    """The requests of the day after the fleet's last."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(partial(_request, runs), range(0, runs, RUNS_PER_REQUEST), chunksize=4))


def _request(runs: int, first: int) -> bytes:
    request = ExportTraceServiceRequest()
    for number in range(first, min(first + RUNS_PER_REQUEST, runs)):
        sent, _ = made(_ORIGINALS + number, sum(DAYS) + number / runs)
        request.resource_spans.extend(sent.resource_spans)
    return request.SerializeToString()


def main() -> None:
    """Builds the month, sends the day, removes everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet.day", description=__doc__)
    parser.add_argument("--of", type=int, default=100_000, metavar="M", help="runs stored before")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of the day; else a thirtieth of those stored")
    options = parser.parse_args()
    run(options.runs or options.of // _MONTH, options.of)


if __name__ == "__main__":
    main()
