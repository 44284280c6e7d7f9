"""What `kill -9` loses of the spans that had ended: programs are killed at random moments, and their spools are read.

`python -m benchmarks.sdk_kill --kills 40`. The collector is down, so what is not in the spool is lost.
"""

import argparse
import mmap
import os
import random
import signal
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from whyspan.spool import Segment

_SLOTS = 2**20
_SLOT = struct.Struct("<Q")
"""When span number N ended, in nanoseconds, at place N of a file that survives the process."""
_PROGRAM = """
import mmap, struct, sys, time, whyspan
whyspan.configure(service="killed", endpoint="http://127.0.0.1:9")
slot = struct.Struct("<Q")
with open(sys.argv[1], "r+b") as file, whyspan.agent("bench"):
    ended = mmap.mmap(file.fileno(), 0)
    for number in range(2**20):
        with whyspan.tool("step", call_id=str(number)):
            pass
        slot.pack_into(ended, number * 8, time.time_ns())
        if float(sys.argv[2]):
            time.sleep(float(sys.argv[2]))
"""


def kill_one(folder: Path, pause: float) -> tuple[float, int]:
    """Milliseconds between the end of the first span that was lost and the last sign of life, and how many were lost."""
    ends = folder / "ends"
    ends.write_bytes(bytes(_SLOTS * _SLOT.size))
    environment = {**os.environ, "WHYSPAN_SPOOL": str(folder / "spool"), "WHYSPAN_SPOOL_MB": "4000"}
    command = [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(ends), str(pause)]
    child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while not ends.open("rb").read(_SLOT.size).strip(b"\0"):
        time.sleep(0.01)
    time.sleep(random.uniform(0.5, 1.5))
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = _kept(folder / "spool")
    with ends.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as told:
        times = [stamp for (stamp,) in _SLOT.iter_unpack(told) if stamp]
    lost = [stamp for number, stamp in enumerate(times) if str(number) not in kept]
    return ((times[-1] - lost[0]) / 1e6 if lost else 0.0), len(lost)


def _kept(spool: Path) -> set[str]:
    kept = set()
    for path in spool.glob("*/*/*.otlp"):
        request = ExportTraceServiceRequest.FromString(Segment(path, 0, 0).read()[0])
        for span in (span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans):
            if span.end_time_unix_nano:
                kept |= {pair.value.string_value for pair in span.attributes if pair.key == "gen_ai.tool.call.id"}
    return kept


def run(kills: int = 20) -> None:
    """Prints a table."""
    print(
        "\n| `kill -9` of a program that ends | kills | lost, ms of ended spans: median | largest | spans: median | largest |"
    )
    print("|---|---|---|---|---|---|")
    for title, pause in (
        ("200 spans a second", 0.005),
        ("1,000 spans a second", 0.001),
        ("spans as fast as it can", 0.0),
    ):
        found = []
        for _ in range(kills):
            with TemporaryDirectory() as folder:
                found.append(kill_one(Path(folder), pause))
        ages, counts = zip(*found, strict=True)
        print(
            f"| {title} | {kills} | {statistics.median(ages):.0f} | {max(ages):.0f} | "
            f"{statistics.median(counts):.0f} | {max(counts)} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    run(parser.parse_args().kills)
