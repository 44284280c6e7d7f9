"""Broken requests on a running collector: every answer is a legal one, it stays alive, and the next good request works.

    python -m benchmarks.fuzz                 a minute
    python -m benchmarks.fuzz --seconds 600   longer

Bodies are the recorded ones with bytes flipped, cut, doubled, swapped or replaced, over HTTP (protobuf, JSON, with right
and wrong content encodings) and gRPC. Status 1 when an answer is none that OTLP knows, or none comes.
"""

import argparse
import gzip
import random
import shutil
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import grpc
import httpx

from benchmarks.collector_process import CollectorProcess, export, post
from benchmarks.load import generate
from whyspan_collector import otlp
from whyspan_collector.client import RemoteStore

RECORDINGS = Path(__file__).parents[1] / "sample_traces"
HTTP_ANSWERS = {200, 400, 413, 415, 503}
GRPC_ANSWERS = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
}
PIECES = (b"\x00", b"\xff" * 10, b"\x0a\xff\xff\xff\xff\x0f", b'"\\ud800"', b"[" * 200, b"NaN", b"1e999", b"\x1f\x8b")
"""What breaks decoders: endless numbers, lengths beyond the end, lone surrogates, depth, odd numbers, gzip in the middle."""
ALIVE_EVERY = 200


def main() -> int:
    """Fuzz, check, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description="A fuzz run over HTTP and gRPC.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    options = parser.parse_args()

    recorded = [
        found for path in sorted(RECORDINGS.glob("*/[0-9]*")) for found in otlp.requests(path.read_bytes(), 1 << 26)
    ]
    collector, answers, illegal = CollectorProcess(), Counter[str](), Counter[str]()
    mutations, deadline, sent = random.Random(options.seed), time.monotonic() + options.seconds, 0
    with httpx.Client(timeout=60, trust_env=False) as client, grpc.insecure_channel(collector.grpc) as channel:
        while time.monotonic() < deadline:
            request = mutations.choice(recorded)
            body = mutate(request.body, mutations)
            answer, is_legal = send(collector, client, channel, request, body, mutations)
            answers[answer] += 1
            if not is_legal:
                illegal[answer] += 1
            sent += 1
            if sent % ALIVE_EVERY == 0 and not is_alive(collector, client, sent):
                illegal["a good request was not taken"] += 1
    with closing(RemoteStore(collector.url)) as store:
        store.drain()
        status = store.status()
    peak = collector.rss_mib()
    collector.end()
    shutil.rmtree(collector.data)
    print(f"requests             {sent:,}")
    print(f"answers              {dict(answers.most_common())}")
    print(f"illegal              {dict(illegal)}")
    print(f"spans stored         {status['spans']:,}")
    print(f"requests set aside   {status['ingest']['journal']['failed']}")
    print(f"resident memory      {peak:.0f} MiB at the end")
    return 1 if illegal else 0


def mutate(body: bytes, mutations: random.Random) -> bytes:
    """The body after one to four random changes; half of them flip one bit, which leaves many bodies nearly right."""
    changed = bytearray(body)
    for _ in range(mutations.choice((1, 1, 1, 2, 4))):
        start = mutations.randrange(len(changed) + 1)
        end = min(len(changed), start + mutations.randint(1, 64))
        match max(0, mutations.randrange(-5, 6)):
            case 0 if changed:
                changed[start % len(changed)] ^= 1 << mutations.randrange(8)
            case 1:
                del changed[start:]
            case 2:
                del changed[start:end]
            case 3:
                changed[start:start] = changed[start:end]
            case 4:
                changed[start:end] = mutations.choice(PIECES)
            case _:
                changed[start:end] = mutations.randbytes(end - start)
    return bytes(changed)


def send(
    collector: CollectorProcess,
    client: httpx.Client,
    channel: grpc.Channel,
    request: otlp.Request,
    body: bytes,
    mutations: random.Random,
) -> tuple[str, bool]:
    """Send a body one way or another. Returns the answer, and whether it is a legal one."""
    if request.encoding == "protobuf" and mutations.random() < 0.3:
        code = export(channel, body, seconds=60)
        return f"gRPC {code.name}", code in GRPC_ANSWERS
    types = list(otlp.CONTENT_TYPES.values())
    right = otlp.CONTENT_TYPES[request.encoding]
    headers = {"content-type": right if mutations.random() < 0.9 else mutations.choice([*types, "text/plain", ""])}
    if mutations.random() < 0.3:
        headers["content-encoding"] = mutations.choice(["gzip", "gzip", "deflate", "identity", "br"])
        if headers["content-encoding"] == "gzip" and mutations.random() < 0.8:
            body = mutate(gzip.compress(body), mutations) if mutations.random() < 0.5 else gzip.compress(body)
    signal = request.signal if mutations.random() < 0.9 else mutations.choice(otlp.SIGNALS)
    try:
        status = client.post(f"{collector.url}/v1/{signal}", content=body, headers=headers).status_code
    except httpx.TransportError as error:
        return f"HTTP {type(error).__name__}", False
    return f"HTTP {status}", status in HTTP_ANSWERS


def is_alive(collector: CollectorProcess, client: httpx.Client, seed: int) -> bool:
    """Whether the process lives and takes a good request."""
    return collector.process.poll() is None and post(client, collector.url, generate(1, 1, seed).bodies[0]) == 200


if __name__ == "__main__":
    sys.exit(main())
