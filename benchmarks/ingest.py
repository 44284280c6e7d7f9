"""Spans per second until they are queryable, what they cost and what an overload loses: ours and two peers, one after the other.

The same generated load for all (`load`), fewer spans for those that take longer. CPU time is that of the server's processes; the
sender runs beside it on the same machine.
"""

import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import grpc

from benchmarks.collector_process import HEADERS, export
from benchmarks.ingest_servers import MLflow, Peer, Phoenix, Server, Whyspan, install
from benchmarks.ingest_stages import stages
from benchmarks.load import generate

_SIZES = {512: (4, 51_200, 2_048), 50: (8, 50_000, 1_000), 1: (8, 3_000, 100)}
"""Spans a request -> connections, spans for us, spans for a peer."""
_SETTLE_SECONDS = 600
_ROW = "{:14} {:>5} {:>5} {:>10} {:>12} {:>12} {:>8} {:>8} {:>8}"

Send = Callable[[bytes], int]
"""Sends a body. Returns the status of HTTP, or what stands for it."""


def run() -> None:
    """Measures and prints."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{cores} cores, load {load:.1f} before we begin; CPU of the server's processes")
    print(_ROW.format("server", "", "a req.", "acked/s", "queryable/s", "CPU us/span", "p50 ms", "p99 ms", "RSS MB"))
    for size, (connections, spans, _) in _SIZES.items():
        for protocol in ("HTTP", "gRPC"):
            # A new one each time, so that the text index of one load is not made during the next.
            with closing(Whyspan()) as server:
                _measure(server, protocol, size, connections, spans)
                if (size, protocol) == (512, "HTTP"):
                    _index(server, spans)
    for peer in (Phoenix, MLflow):
        _measure_peer(peer)
    _overload()
    print("inside, one stage after the other in one thread, us of CPU a span at 512 / 50 spans a request")
    large, small = stages(512), stages(50)
    for stage in large:
        print(f"{stage:30} {large[stage]:6.1f} {small[stage]:6.1f}")


def _index(server: Whyspan, spans: int) -> None:
    """What comes after the spans are queryable, when their runs are quiet."""
    began = server.cpu_seconds()
    server.wait_for_index()
    used = 1e6 * (server.cpu_seconds() - began) / spans
    print(f"{'':14} its text index, in the background: {used:,.0f} us of CPU a span", flush=True)


def _measure_peer(peer: type[Peer]) -> None:
    with TemporaryDirectory() as folder:
        python = install(peer.pin, Path(folder))
        if python is None:
            print(f"{peer.name}: absent, it does not install here")
            return
        try:
            with closing(peer(python)) as server:
                for size, (connections, _, spans) in _SIZES.items():
                    _measure(server, "HTTP", size, connections, spans)
        except RuntimeError as error:
            print(f"{peer.name}: absent, {error}")


@dataclass(slots=True)
class _Sent:
    seconds: float
    latencies: list[float]
    statuses: Counter[int]


def _measure(server: Server, protocol: str, size: int, connections: int, spans: int) -> None:
    bodies = generate(spans, size, seed=time.time_ns()).bodies
    before, cpu = server.queryable(), server.cpu_seconds()
    began = time.perf_counter()
    sent = _send(server, protocol, bodies, connections)
    good = sent.statuses[200] / len(bodies)
    while server.queryable() < before + good * spans and time.perf_counter() - began < _SETTLE_SECONDS:
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    stored = server.queryable() - before
    used = 1e6 * (server.cpu_seconds() - cpu) / max(stored, 1)
    latencies = sorted(sent.latencies)
    p50, p99 = (f"{1000 * latencies[int(len(latencies) * part)]:.0f}" for part in (0.5, 0.99))
    figures = [f"{good * spans / sent.seconds:,.0f}", f"{stored / seconds:,.0f}", f"{used:,.0f}", p50, p99]
    print(_ROW.format(server.name, protocol, size, *figures, f"{server.rss_mib():,.0f}"), flush=True)


def _send(server: Server, protocol: str, bodies: list[bytes], connections: int) -> _Sent:
    """Sends all bodies over some connections, each waiting for its answer; what is refused is not sent again."""
    rest: Iterator[bytes] = iter(bodies)
    lock = threading.Lock()
    sent = _Sent(0, [], Counter())

    def work() -> None:
        send = _http(server) if protocol == "HTTP" else _grpc(server)
        while True:
            with lock:
                body = next(rest, None)
            if body is None:
                return
            began = time.perf_counter()
            status = send(body)
            with lock:
                sent.latencies.append(time.perf_counter() - began)
                sent.statuses[status] += 1

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.seconds = time.perf_counter() - began
    return sent


def _http(server: Server) -> Send:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=120)

    def send(body: bytes) -> int:
        try:
            connection.request("POST", "/v1/traces", body, HEADERS | server.headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return response.status

    return send


def _grpc(server: Server) -> Send:
    assert isinstance(server, Whyspan)
    channel = grpc.insecure_channel(server.collector.grpc, [("grpc.use_local_subchannel_pool", 1)])
    return lambda body: 200 if export(channel, body, 120) is grpc.StatusCode.OK else 503


def _overload() -> None:
    """More than it can take, into a journal of 8 MiB, never sent again: what was acknowledged must be there in the end."""
    with closing(Whyspan(WHYSPAN_JOURNAL_BYTES=str(2**23), WHYSPAN_MAX_BODY_BYTES=str(2**22))) as server:
        sent = _send(server, "HTTP", generate(61_440, 512, seed=3).bodies, connections=16)
        acknowledged = 512 * sent.statuses[200]
        print(
            f"overload: {61_440:,} spans sent, {acknowledged:,} acknowledged, {512 * sent.statuses[503]:,} refused with 503, "
            f"{acknowledged - server.queryable():,} acknowledged and lost; {server.rss_mib():,.0f} MB"
        )
