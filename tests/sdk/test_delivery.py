"""What ended is delivered, whatever dies: the process, the collector, the disk."""

import signal
import stat
import threading
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags

from whyspan import otlp
from whyspan.chain import Chains, link
from whyspan.delivery import Delivery
from whyspan.losses import Losses
from whyspan.outlets import ExporterOutlet
from whyspan.spool import Spool

Receiver = Any
Run = Any
NOBODY = "http://127.0.0.1:9"


def segments(spool: Path) -> list[Path]:
    return sorted(spool.glob("*/*/*.otlp"))


def test_a_killed_process(receiver: Receiver, run: Run, spool: Path) -> None:
    """After kill -9 the next process sends what had ended, and the agent that never did, as far as it came."""
    receiver.status = 503
    killed = run(
        f"""
import os, signal, time, whyspan
whyspan.configure(service="killed", endpoint="{receiver.url}")
with whyspan.agent("support", task="refund order 17"):
    with whyspan.tool("search"):
        pass
    time.sleep(0.45)  # past two rounds of the delivery thread
    os.kill(os.getpid(), signal.SIGKILL)
""",
    )
    assert killed.returncode == -signal.SIGKILL

    receiver.status = 200
    run(
        f"""
import whyspan
whyspan.configure(service="heir", endpoint="{receiver.url}")
with whyspan.tool("hello"):
    pass
"""
    )

    assert sorted(receiver.spans) == [("heir", "execute_tool hello"), ("killed", "execute_tool search")]
    assert receiver.pending == ["invoke_agent support"]
    (announced,) = [span for _, span in receiver.received if not span.end_time_unix_nano]
    assert "refund order 17" in str(announced)
    assert segments(spool) == []


def test_a_dead_collector(receiver: Receiver, run: Run, spool: Path) -> None:
    """What no collector took stays on disk, for this user's eyes only, and arrives once there is one."""
    program = """
import whyspan
whyspan.configure(service="{name}", endpoint="{url}")
with whyspan.agent("{name}"):
    pass
"""
    receiver.status = 503
    for name in ("one", "two"):
        assert run(program.format(name=name, url=receiver.url)).returncode == 0
    kept = segments(spool)

    assert receiver.spans == []
    assert len(kept) == 2
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    assert all(stat.S_IMODE(path.parent.stat().st_mode) == 0o700 for path in kept)

    receiver.status = 200
    run(program.format(name="three", url=receiver.url))

    assert sorted(name for name, _ in receiver.spans) == ["one", "three", "two"]
    assert list(spool.glob("*/*")) == []


def test_spans_of_others_are_left_alone(receiver: Receiver, run: Run, spool: Path) -> None:
    """What is meant for another collector, or another account, is not sent here."""
    run(
        f"""
import whyspan
whyspan.configure(service="elsewhere", endpoint="{NOBODY}")
with whyspan.agent("a"):
    pass
"""
    )
    run(
        f"""
import whyspan
whyspan.configure(service="here", endpoint="{receiver.url}")
with whyspan.agent("b"):
    pass
"""
    )

    assert [name for name, _ in receiver.spans] == ["here"]
    assert len(segments(spool)) == 1


def test_a_collector_that_hangs(run: Run, spool: Path) -> None:
    """A collector that accepts and says nothing holds up neither the program nor its end, and nothing is lost."""
    done = run(
        """
import socket, whyspan
silent = socket.create_server(("127.0.0.1", 0))
whyspan.configure(service="refunds", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
with whyspan.agent("support"):
    print("done")
"""
    )

    assert (done.returncode, done.stdout.strip()) == (0, "done")
    assert len(segments(spool)) == 1


def test_a_full_disk(receiver: Receiver, run: Run) -> None:
    """When nothing can be written spans go on from memory, and the log says so once."""
    done = run(
        f"""
import resource, whyspan
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
whyspan.configure(service="refunds", endpoint="{receiver.url}")
for number in range(3):
    with whyspan.agent(f"a{{number}}"):
        pass
    whyspan.flush()
"""
    )

    assert done.returncode == 0
    assert len(receiver.spans) == 3
    assert done.stderr.count("the spool cannot be written") == 1


def test_a_request_that_is_refused(receiver: Receiver, run: Run, spool: Path) -> None:
    """Spans a collector refuses for good are not sent again, and the log says so."""
    receiver.status = 400
    done = run(
        f"""
import whyspan
whyspan.configure(service="refunds", endpoint="{receiver.url}")
with whyspan.agent("support"):
    pass
"""
    )

    assert "refuses 1 spans (HTTP 400" in done.stderr
    assert len(receiver.requests) == 1
    assert segments(spool) == []


def test_the_disk_budget(tmp_path: Path) -> None:
    """The spool stays within its budget: the oldest spans go, and are counted."""
    spool = Spool(tmp_path / "there", budget=3 * 2**20)
    lost = sum(spool.append(bytes(2**19), 10) for _ in range(20))
    sizes = sum(path.stat().st_size for path in tmp_path.rglob("*.otlp"))

    kept = 0
    while segment := spool.next():
        kept += segment.read()[1]
        spool.remove(segment)
    spool.close()
    assert sizes <= 4.1 * 2**20
    assert lost > 0
    assert lost + kept == 200
    assert list((tmp_path / "there").iterdir()) == []


def test_a_record_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    """What stands before a torn or damaged record is read, the rest is not trusted."""
    spool = Spool(tmp_path, budget=2**30)
    for body in (b"first", b"second", b"third"):
        spool.append(body, 1)
    segment = spool.next()
    assert segment is not None
    assert segment.path is not None
    data = segment.path.read_bytes()

    for damaged in (data[:-1], data.replace(b"third", b"thxrd")):
        segment.path.write_bytes(damaged)
        assert segment.read() == (b"firstsecond", 2)


def test_two_heirs(tmp_path: Path) -> None:
    """What the living hold is nobody's to adopt, and what the dead left is adopted by one heir at a time."""
    living, heir, rival = (Spool(tmp_path, budget=2**30) for _ in range(3))
    living.append(b"spans", 1)
    assert list(heir.adopt()) == []

    living.close()  # as when its process ends
    adopted = heir.adopt()
    first = next(adopted)
    assert list(rival.adopt()) == []
    heir.remove(first)
    assert list(adopted) == []
    assert list(tmp_path.iterdir()) == []


def test_pool_workers_deliver(receiver: Receiver, run: Run) -> None:
    """Workers of a process pool, which end without ceremony, deliver what they recorded."""
    done = run(
        f"""
from concurrent.futures import ProcessPoolExecutor
import whyspan

@whyspan.tool
def double(number):
    return 2 * number

whyspan.configure(service="refunds", endpoint="{receiver.url}")
with ProcessPoolExecutor(2) as pool:
    assert list(pool.map(double, range(5))) == [0, 2, 4, 6, 8]
"""
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.spans == [("refunds", "execute_tool double")] * 5


class Stuck(SpanExporter):
    """An exporter that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.names: list[str] = []

    def export(self, spans: Any) -> SpanExportResult:
        self.go.wait()
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS


def test_a_full_queue(caplog: Any) -> None:
    """Spans that end faster than they can be taken are counted, and the program goes on."""
    stuck, losses = Stuck(), Losses()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(delivery := Delivery(ExporterOutlet(stuck, losses), lambda span: span, losses))
    tracer = provider.get_tracer("test")
    for _ in range(20_000):
        tracer.start_span("span").end()

    stuck.go.set()
    delivery.force_flush()
    provider.shutdown()
    lost = losses.attributes()["whyspan.lost.queue"]
    assert len(stuck.names) + lost == 20_000
    assert caplog.text.count("faster than they can be encoded") <= 1


def test_what_was_lost_is_told(receiver: Receiver, run: Run) -> None:
    """Losses are on the resource of what is sent next, for the collector, and once in the log, for people."""
    done = run(
        f"""
import whyspan
from whyspan import redaction
whyspan.configure(service="refunds", endpoint="{receiver.url}", redaction=whyspan.Redaction(emails=True))
broken, redaction.Masker.value = redaction.Masker.value, None
for _ in range(3):
    with whyspan.tool("lost"):
        pass
    whyspan.flush()
redaction.Masker.value = broken
with whyspan.tool("kept"):
    pass
"""
    )

    assert [(resource.get("whyspan.lost.unprepared"), span.name) for resource, span in receiver.received] == [
        (3, "execute_tool kept")
    ]
    assert done.stderr.count("internal error") == 1


def test_integers_beyond_otlp(receiver: Receiver, run: Run) -> None:
    """A number of somebody else's span that no encoder can write costs neither that span nor its neighbours."""
    run(
        f"""
import whyspan
from opentelemetry import trace
whyspan.configure(service="refunds", endpoint="{receiver.url}")
with trace.get_tracer("t").start_as_current_span("theirs") as span:
    span.set_attributes({{"large": 2**70, "enormous": 10**5000}})
with whyspan.tool("ours"):
    pass
"""
    )

    assert sorted(name for _, name in receiver.spans) == ["execute_tool ours", "theirs"]
    [theirs] = [span for _, span in receiver.received if span.name == "theirs"]
    assert [pair.value.string_value for pair in theirs.attributes if pair.key != "whyspan.chain"] == [
        str(2**70),
        "[whyspan: integer of 16610 bits]",
    ]


def spans_of_all_sorts() -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource({"service.name": "s", "n": 3}, "https://schema"), shutdown_on_exit=False
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("scope", "1.2", attributes={"a": "b"})
    remote = SpanContext(2**100 + 7, 2**60 + 1, is_remote=True, trace_flags=TraceFlags(1))
    values = {"text": "zürich ", "empty": "", "yes": True, "no": False, "zero": 0, "minus": -1, "large": 2**62}
    with tracer.start_as_current_span("parent", kind=SpanKind.SERVER, links=[Link(remote, {"why": "x"})]) as parent:
        parent.set_attributes(
            {**values, "float": 2.5, "list": ["a", "b"], "none": [], "mixed": [1.5], "bytes": b"\xff"}
        )
        parent.add_event("event", {"at": 1, "map": {"deep": [1, {"x": "y"}]}}, timestamp=5)
        parent.set_status(StatusCode.ERROR, "no luck")
        tracer.start_span("x" * 300).end()
    return list(exporter.get_finished_spans())


def test_encoding_is_opentelemetrys() -> None:
    """Our bytes say what OpenTelemetry's own encoder says, and each span carries its entry in the chain of its trace."""
    spans = spans_of_all_sorts()
    ((body, count),) = otlp.requests(spans, {}, Chains())
    request = ExportTraceServiceRequest.FromString(body)
    chained = [(span, span.attributes.pop()) for span in request.resource_spans[0].scope_spans[0].spans]

    assert count == 2
    assert request == encode_spans(spans)
    before = ""
    for number, (span, entry) in enumerate(chained, start=1):
        segment, _, carried = entry.value.string_value.split("-")
        before = link(segment, number, before, span.SerializeToString(deterministic=True))
        assert (entry.key, carried) == ("whyspan.chain", before)


def test_bodies_can_be_joined() -> None:
    """Two bodies in a row are one request with the spans of both; losses are told on the resource."""
    spans = spans_of_all_sorts()
    joined = b"".join(body for span in spans for body, _ in otlp.requests([span], {"whyspan.lost.queue": 7}, Chains()))
    request = ExportTraceServiceRequest.FromString(joined)

    names = [span.name for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
    assert names == [span.name for span in spans]
    (lost,) = [pair.value.int_value for pair in request.resource_spans[0].resource.attributes if "lost" in pair.key]
    assert lost == 7
