"""The recorded OTLP that tests read: the sample runs that ship with Whyspan, and those that only tests need."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import httpx

from whyspan_collector import otlp
from whyspan_collector.records import Log, Span

_ROOT = Path(__file__).parents[1]
FOLDERS = {
    folder.name: folder
    for parent in ("sample_traces", "tests/captures")
    for folder in sorted((_ROOT / parent).iterdir())
    if any(folder.glob("[0-9]*"))
}
"""Recording -> where its bodies are."""
SAMPLES = sorted(name for name, folder in FOLDERS.items() if folder.parent.name == "sample_traces")
"""Those that ship: few enough to send over a socket again and again."""
FRAMEWORKS = sorted(name for name in FOLDERS if not name.startswith("whyspan__"))
"""Those of other people's instrumentations."""


@dataclass
class Sent:
    """One recorded request: what went over the wire, and what it is."""

    recording: str
    signal: otlp.Signal
    encoding: otlp.Encoding
    body: bytes
    gzipped: bool

    def post(self, http: httpx.Client) -> httpx.Response:
        """Send it as it was sent."""
        headers = {"content-type": otlp.CONTENT_TYPES[self.encoding]}
        content = self.body
        if self.gzipped:
            headers["content-encoding"] = "gzip"
            content = gzip.compress(self.body)
        return http.post(f"/v1/{self.signal}", content=content, headers=headers)


def sent(name: str) -> list[Sent]:
    """The requests of a recording in the order they were sent."""
    found = []
    for path in sorted(FOLDERS[name].glob("[0-9]*")):
        requests = list(otlp.requests(path.read_bytes(), 1 << 26))
        assert len(requests) == 1, f"{path} is not one OTLP request"
        found.append(Sent(name, *requests[0], gzipped=path.suffix == ".gz"))
    return found


def records(name: str) -> tuple[list[Span], list[Log]]:
    """The spans (one per id, by start) and log records of a recording."""
    spans: dict[tuple[str, str], Span] = {}
    logs: list[Log] = []
    for request in sent(name):
        batch = otlp.decode(request.signal, request.body, request.encoding)
        spans |= {(span.trace_id, span.span_id): span for span in batch.spans}
        logs += batch.logs
    return sorted(spans.values(), key=lambda span: (span.start_ns, span.span_id)), logs
