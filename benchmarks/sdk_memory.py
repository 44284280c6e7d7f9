"""Records many spans in a process of its own and prints what memory that takes, as JSON; run by the benchmark `sdk`."""

import json
import sys
from pathlib import Path
from time import perf_counter

import whyspan
from benchmarks.sdk_worker import CUSTOMER, find_orders

RUN = 100
"""Spans in one run."""
SAMPLES = 10


def resident() -> int:
    """Bytes of memory this process holds now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def main(sink: str, spans: int) -> None:
    """Runs of a hundred tool calls each, flushed now and then; memory is read at ten points, each after a flush."""
    whyspan.configure(service="bench", endpoint=sink)
    tool = whyspan.tool("find_orders", effect="pure-read")(find_orders)
    samples = []
    started = perf_counter()
    for number in range(1, spans // RUN + 1):
        with whyspan.agent("bench"):
            for _ in range(RUN - 1):
                tool(CUSTOMER, 5)
        if number % 10 == 0:
            whyspan.flush()
        if number % (spans // RUN // SAMPLES) == 0:
            samples.append(resident())
    print(json.dumps({"spans": spans, "seconds": perf_counter() - started, "resident": samples}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
