"""Load on a collector that is killed again and again: what it acknowledged must be there at the end, once.

    python -m benchmarks.soak                 ten minutes
    python -m benchmarks.soak --minutes 1     shorter

Senders repeat a request until it is acknowledged, as exporters do. `kill -9` comes at random moments. Status 1 when a
span is lost or doubled.
"""

import argparse
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

import duckdb
import grpc
import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.collector_process import CollectorProcess, export, post
from benchmarks.load import generate
from whyspan_collector.client import RemoteStore

SPANS_PER_REQUEST = 20
SENDERS = 4
"""Three over HTTP, one over gRPC."""


@dataclass
class Tally:
    """What the senders saw."""

    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    peak_mib: float = 0.0
    restarts: list[float] = field(default_factory=list)
    """Seconds until the collector answered again."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> int:
    """Soak, count, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="A soak with kill -9.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--rate", type=int, default=500, help="spans a second, at most (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="of the load and of the moments of the kills")
    options = parser.parse_args()

    collector, tally, stopped = CollectorProcess(), Tally(), threading.Event()
    pause = SPANS_PER_REQUEST * SENDERS / options.rate
    senders = [
        threading.Thread(
            target=send, args=(collector, tally, stopped, pause, options.seed * SENDERS + number, number == 0)
        )
        for number in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    kill_until(time.monotonic() + options.minutes * 60, collector, tally, random.Random(options.seed))
    stopped.set()
    for sender in senders:
        sender.join()
    collector.end(signal.SIGKILL)
    tally.restarts.append(collector.start())
    began = time.monotonic()
    with closing(RemoteStore(collector.url)) as store:
        store.drain()
    drained = time.monotonic() - began
    collector.end()
    return report(collector, tally, drained)


def send(
    collector: CollectorProcess, tally: Tally, stopped: threading.Event, pause: float, seed: int, over_grpc: bool
) -> None:
    """Send generated requests at a steady pace, each until it is acknowledged."""
    with httpx.Client(timeout=30, trust_env=False) as client, grpc.insecure_channel(collector.grpc) as channel:
        while not stopped.is_set():
            seed += 1000
            for body in generate(40 * SPANS_PER_REQUEST, SPANS_PER_REQUEST, seed).bodies:
                due = time.monotonic() + pause
                while True:
                    answer = export(channel, body).name if over_grpc else str(post(client, collector.url, body))
                    with tally.lock:
                        tally.answers[answer] += 1
                    if answer in {"200", "OK"}:
                        break
                    time.sleep(0.2)
                with tally.lock:
                    tally.acknowledged.update(ids(body))
                if stopped.wait(max(0.0, due - time.monotonic())):
                    return


def ids(body: bytes) -> list[tuple[str, str]]:
    """The ids of the spans in a request."""
    request = ExportTraceServiceRequest.FromString(body)
    spans = (span for group in request.resource_spans for scoped in group.scope_spans for span in scoped.spans)
    return [(span.trace_id.hex(), span.span_id.hex()) for span in spans]


def kill_until(deadline: float, collector: CollectorProcess, tally: Tally, moments: random.Random) -> None:
    """Kill the collector after 2 to 20 seconds and start it again, until the time is over."""
    while time.monotonic() < deadline:
        kill_at = min(deadline, time.monotonic() + moments.uniform(2, 20))
        while time.monotonic() < kill_at:
            tally.peak_mib = max(tally.peak_mib, collector.rss_mib())
            time.sleep(0.05)
        collector.end(signal.SIGKILL)
        tally.restarts.append(collector.start())


def report(collector: CollectorProcess, tally: Tally, drained: float) -> int:
    """Compare what was acknowledged with what is stored, and print it."""
    with duckdb.connect(str(collector.data / "whyspan.duckdb"), read_only=True) as database:
        rows = database.execute("SELECT trace_id, span_id FROM spans").fetchall()
    stored = set(rows)
    lost, doubled = tally.acknowledged - stored, len(rows) - len(stored)
    restarts = sorted(tally.restarts)
    print(f"acknowledged spans   {len(tally.acknowledged):,}")
    print(f"queryable            {len(tally.acknowledged & stored):,}")
    print(f"lost                 {len(lost):,}")
    print(f"doubled              {doubled:,}")
    print(f"stored, unanswered   {len(stored - tally.acknowledged):,}")
    print(f"kills                {len(restarts)}")
    print(f"restart until ready  median {restarts[len(restarts) // 2]:.1f} s, longest {restarts[-1]:.1f} s")
    print(f"drain after the last {drained:.1f} s")
    print(f"peak resident memory {tally.peak_mib:.0f} MiB")
    print(f"answers              {dict(tally.answers)}")
    shutil.rmtree(collector.data)
    return 1 if lost or doubled else 0


if __name__ == "__main__":
    sys.exit(main())
