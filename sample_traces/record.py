"""Records the sample agents of our own, `whyspan__*/agent.py`, as the OTLP bodies `001.pb`, `002.pb`, ... beside them.

python sample_traces/record.py [NAME...]          record again; ids and clock are fixed, so the bytes stay the same
python sample_traces/record.py --live NAME...     run in real time and send to a collector on localhost:4318
"""

import argparse
import random
import runpy
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

sys.dont_write_bytecode = True  # this folder is shipped as it is

HERE = Path(__file__).parent
START = datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)
SPANS_PER_BODY = 8
"""An agent this slow sends a few spans at a time."""


class Clock:
    """Time that passes when somebody sleeps, and by 150 microseconds whenever somebody looks."""

    def __init__(self, start: datetime) -> None:
        self._now = int(start.timestamp()) * 10**9

    def time_ns(self) -> int:
        """Nanoseconds since the epoch."""
        self._now += 150_000
        return self._now

    def sleep(self, seconds: float) -> None:
        """Lets time pass at once."""
        self._now += round(seconds * 10**9)


def record(folder: Path, into: Path) -> None:
    """Runs one agent on a clock and with ids of our own, and writes what it sends."""
    clock, ids = Clock(START), random.Random(folder.name)
    # OpenTelemetry takes its clock at import, so it is imported with ours in place.
    with mock.patch.multiple(time, time_ns=clock.time_ns, sleep=clock.sleep):
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        from opentelemetry.sdk.trace.id_generator import IdGenerator

        import whyspan

        class Ids(IdGenerator):
            def generate_span_id(self) -> int:
                return ids.getrandbits(64)

            def generate_trace_id(self) -> int:
                return ids.getrandbits(128)

        agent = runpy.run_path(str(folder / "agent.py"))
        resource = Resource({"service.name": agent["SERVICE"]})
        trace.set_tracer_provider(TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False))
        exporter = InMemorySpanExporter()
        whyspan.configure(exporter=exporter)
        run_id = uuid.UUID(int=ids.getrandbits(128), version=4)
        with mock.patch.object(uuid, "uuid4", return_value=run_id):
            print(f"{folder.name}: {agent['main']()}")
        whyspan.flush()
        write(exporter.get_finished_spans(), into)


def write(spans: Sequence[Any], into: Path) -> None:
    """Writes spans in the order they ended, a few in each body, without the paths of this machine."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    into.mkdir(parents=True, exist_ok=True)
    for old in into.glob("[0-9]*.pb"):
        old.unlink()
    for number, first in enumerate(range(0, len(spans), SPANS_PER_BODY), start=1):
        request = encode_spans(spans[first : first + SPANS_PER_BODY])
        for span in request.resource_spans[0].scope_spans[0].spans:
            for event in span.events:
                for pair in event.attributes:
                    if pair.key == "exception.stacktrace":
                        pair.value.string_value = pair.value.string_value.replace(f"{HERE.parent.resolve()}/", "")
        (into / f"{number:03}.pb").write_bytes(request.SerializeToString(deterministic=True))


def live(folder: Path) -> None:
    """Runs one agent as anybody would: in real time, to the collector that is there."""
    import whyspan

    agent = runpy.run_path(str(folder / "agent.py"))
    whyspan.configure(service=agent["SERVICE"])
    print(f"{folder.name}: {agent['main']()}")


def main() -> None:
    """One process for each agent: a process has one tracer provider."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="folders beside this script; all of ours by default")
    parser.add_argument("--live", action="store_true", help="run in real time and send to a collector")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write to, instead of this one")
    options = parser.parse_args()
    names = options.names or sorted(path.parent.name for path in HERE.glob("whyspan__*/agent.py"))
    if len(names) > 1:
        for name in names:
            same = [*(["--live"] if options.live else []), "--into", str(options.into)]
            subprocess.run([sys.executable, __file__, name, *same], check=True)
    elif options.live:
        live(HERE / names[0])
    else:
        record(HERE / names[0], options.into / names[0])


if __name__ == "__main__":
    main()
