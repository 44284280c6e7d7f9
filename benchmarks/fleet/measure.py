"""Generates a fleet, sends it to a collector, has it analysed and reported, and holds what was said against the truth."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.fleet.check import Found, kept, main_signature, separation, versions, words
from benchmarks.fleet.generate import move, read_truth, write
from benchmarks.fleet.product import Product

RUNS = 10_000
FIXED, FIX = "F14 incident/restart", "1.1"
"""The cause a person calls fixed, and the version they say it is fixed in; it comes back in the next."""
_DAY_NS = 86_400 * 10**9


def run(runs: int = RUNS, folder: Path | None = None, *, again: bool = True) -> None:
    """Prints what was measured; `folder` holds the requests of an earlier call, `again` leaves out the halves and the other day."""
    made = folder or Path(tempfile.mkdtemp(prefix="whyspan-fleet-"))
    if not (made / "truth.jsonl").exists():
        write(made, runs)
    truth = read_truth(made)
    product = Product()
    try:
        print(f"sent and queryable in {product.send(bodies(made)):.0f} s")
        analysis = product.run("analyze", "--workers", "2")
        print(f"analyzed in {analysis.seconds:.0f} s, {analysis.mib:.0f} MiB")
        found = product.signatures()
        print("\n".join(separation(truth, found)))
        signature_of = main_signature(truth, found)
        product.run("incidents", "fix", signature_of[FIXED], "--version", FIX, "--by", "bench")
        listed = product.run("incidents", "--json")
        print(f"incidents listed in {listed.seconds:.1f} s, {listed.mib:.0f} MiB")
        print("\n".join(versions(product.read("incidents")["incidents"], signature_of)))
        for older, newer in (("1.0", "1.1"), ("1.1", "1.2")):
            comparison = product.read("report", "--versions", older, newer)["comparison"]
            print("\n".join(words(comparison, signature_of, older, newer, frozenset({FIXED}))))
        page = made / "report.html"
        report = product.run("report", "--output", str(page))
        size = page.stat().st_size / 1e6
        print(f"report in {report.seconds:.1f} s, {report.mib:.0f} MiB, {size:.2f} MB of HTML")
        print(f"collector at most {product.collector_mib:.0f} MiB")
    finally:
        product.end()
        shutil.rmtree(product.collector.data)
    if again:
        _again(made, found)
    if folder is None:
        shutil.rmtree(made)


def _again(made: Path, found: Found) -> None:
    """The same runs a second time, in two halves, shuffled, the second of them on other days; each in a store of its own."""
    for half, (name, days) in enumerate((("first half, shuffled", 0), ("second half, shuffled, three days later", 3))):
        began = time.monotonic()
        product = Product()
        try:
            product.send(_half(made, half, days))
            product.run("analyze", "--workers", "2")
            print(f"{name}: {kept(found, product.signatures())} ({time.monotonic() - began:.0f} s)")
        finally:
            product.end()
            shutil.rmtree(product.collector.data)


def bodies(made: Path) -> Iterator[bytes]:
    """The requests in the order they were sent."""
    return (path.read_bytes() for path in sorted((made / "requests").iterdir()))


def _half(made: Path, half: int, days: int) -> Iterator[bytes]:
    """Every other run, in another order, its spans in another order too, all times moved by some days."""
    rng = Random(f"half/{half}")
    paths = sorted((made / "requests").iterdir())
    for path in rng.sample(paths, len(paths)):
        request = ExportTraceServiceRequest.FromString(path.read_bytes())
        groups = [group for number, group in enumerate(request.resource_spans) if number % 2 == half]
        rng.shuffle(groups)
        some = ExportTraceServiceRequest(resource_spans=groups)
        move(some, days * _DAY_NS)
        for scope in (scope for group in some.resource_spans for scope in group.scope_spans):
            spans = rng.sample(list(scope.spans), len(scope.spans))
            del scope.spans[:]
            scope.spans.extend(spans)
        yield some.SerializeToString()
