"""`configure()` in a process of its own: spans arrive, other providers are joined, the end is clean and quick.

A process each, because a process has one tracer provider for good.
"""

import json
from typing import Any

Receiver = Any
Run = Any


def test_spans_arrive_when_the_program_ends(receiver: Receiver, run: Run) -> None:
    """With nothing but OTEL_* variables; called twice, every span still arrives once."""
    done = run(
        """
import whyspan
for _ in range(2):
    whyspan.configure(service="refunds")
with whyspan.agent("support"):
    pass
""",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS="x-team=blue",
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.spans == [("refunds", "invoke_agent support")]
    assert receiver.requests[0][0] == "/v1/traces"
    assert receiver.requests[0][1]["x-team"] == "blue"


def test_an_existing_provider_is_joined(receiver: Receiver, run: Run) -> None:
    """The provider stays, its exporter goes on, what others trace with it arrives too, up to the last moment."""
    done = run(
        f"""
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

theirs = InMemorySpanExporter()
provider = TracerProvider(resource=Resource.create({{"service.name": "theirs"}}), shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)

import whyspan
whyspan.configure(service="ignored", endpoint="{receiver.url}")
with whyspan.agent("support"), trace.get_tracer("framework").start_as_current_span("GET /orders"):
    pass
assert trace.get_tracer_provider() is provider
assert whyspan.flush()
print(*(span.name for span in theirs.get_finished_spans()), sep=";")
with whyspan.agent("late"):
    pass
"""
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "GET /orders;invoke_agent support"
    names = ["GET /orders", "invoke_agent late", "invoke_agent support"]
    assert sorted(receiver.spans) == [("theirs", name) for name in names]


def test_shutdown_and_again(receiver: Receiver, run: Run) -> None:
    """After `shutdown()` nothing is recorded until `configure()` is called again."""
    done = run(
        f"""
import whyspan
for name in ("one", None, "three"):
    if name:
        whyspan.configure(service="refunds", endpoint="{receiver.url}")
    with whyspan.agent(name):
        pass
    whyspan.shutdown()
    whyspan.shutdown()
"""
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert [name for _, name in receiver.spans] == ["invoke_agent one", "invoke_agent three"]


def test_no_collector(run: Run) -> None:
    """Without a collector the program runs and ends as ever; `flush()` says that nothing arrived."""
    done = run(
        """
import whyspan
whyspan.configure(service="refunds", endpoint="http://127.0.0.1:9")
with whyspan.agent("support"):
    pass
print(whyspan.flush())
with whyspan.agent("support"):
    print("done")
""",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )

    assert done.returncode == 0
    assert done.stdout.split() == ["False", "done"]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("`whyspan up` starts a collector") == 1


def test_other_settings_later(receiver: Receiver, run: Run) -> None:
    """A second `configure()` with other arguments changes nothing and says so."""
    done = run(
        f"""
import whyspan
whyspan.configure(service="refunds", endpoint="{receiver.url}")
whyspan.configure(service="returns", endpoint="http://127.0.0.1:9")
with whyspan.agent("support"):
    pass
"""
    )

    assert receiver.spans == [("refunds", "invoke_agent support")]
    assert "call shutdown() first" in done.stderr


def test_a_forked_child_records_too(receiver: Receiver, run: Run) -> None:
    """A child process made by fork delivers its own spans."""
    done = run(
        f"""
import os, whyspan
whyspan.configure(service="refunds", endpoint="{receiver.url}")
with whyspan.agent("parent"):
    pass
if os.fork() == 0:
    with whyspan.agent("child"):
        pass
    whyspan.shutdown()
    os._exit(0)
os.wait()
"""
    )

    assert done.returncode == 0
    assert sorted(name for _, name in receiver.spans) == ["invoke_agent child", "invoke_agent parent"]


def test_the_sdk_is_light(run: Run) -> None:
    """Importing the SDK imports neither the platform's dependencies nor an exporter, and starts no thread."""
    done = run(
        """
import json, sys, threading
import whyspan
print(json.dumps([sorted({name.split(".")[0] for name in sys.modules}), sorted(sys.modules), threading.active_count()]))
"""
    )
    packages, modules, threads = json.loads(done.stdout)

    heavy = {"duckdb", "pyarrow", "pydantic", "streamlit", "grpc", "polars", "numpy", "requests", "google"}
    assert "whyspan" in packages
    assert not heavy & set(packages)
    assert not any(module.startswith("opentelemetry.sdk") for module in modules)
    assert threads == 1
