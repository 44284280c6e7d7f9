"""`instrument()` in a process of its own, beside packages that are installed for it alone and do nothing but note that they are on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("opentelemetry.instrumentation", reason="the dependency group `examples` has it")

_INSTRUMENTOR = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

class Instrumentor(BaseInstrumentor):
    options = None

    def instrumentation_dependencies(self):
        return {needs}

    def _instrument(self, **options):
        self.options = options

    def _uninstrument(self, **options):
        pass
"""


class Packages:
    """A folder of installed packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, module: str, code: str = "", *, entry: bool = False) -> None:
        """A distribution with one module; as an instrumentation it has an entry point."""
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        if entry:
            point = f"[opentelemetry_instrumentor]\n{distribution} = {module}:Instrumentor\n"
            (info / "entry_points.txt").write_text(point)
        (self.folder / f"{module}.py").write_text(code)

    def instrumentation(self, distribution: str, *needs: str) -> None:
        """An instrumentation whose module has the distribution's name, for these versions of its framework."""
        self.install(distribution, distribution.replace("-", "_"), _INSTRUMENTOR.format(needs=needs), entry=True)

    def run(self, program: str) -> tuple[list[dict[str, Any]], str]:
        """What `instrument()` returned, as dictionaries, and what it said. `done` is what the program has to set."""
        code = f"import dataclasses, json, whyspan\n{program}\nprint(json.dumps([dataclasses.asdict(each) for each in done]))"
        hidden = ("OTEL_", "PYTEST_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**environment, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]), done.stderr


CONFIGURE = """
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
whyspan.configure(exporter=InMemorySpanExporter())
"""


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path)


def only(done: list[dict[str, Any]], framework: str) -> dict[str, Any]:
    [found] = [each for each in done if each["framework"] == framework]
    return found


def test_the_best_installed_package_on_our_provider(packages: Packages) -> None:
    """Of three that are installed one is switched on, on the provider of `configure()`; what it misses is said."""
    packages.install("crewai", "crewai")
    for name in ("opentelemetry-instrumentation-crewai", "openinference-instrumentation-crewai"):
        packages.instrumentation(name)

    done, said = packages.run(f"""
import crewai
{CONFIGURE}
done = whyspan.instrument()
from opentelemetry import trace
from openinference_instrumentation_crewai import Instrumentor
assert Instrumentor().options["tracer_provider"] is trace.get_tracer_provider()
import sys
assert "opentelemetry_instrumentation_crewai" not in sys.modules
""")

    crewai = only(done, "crewai")
    assert (crewai["state"], crewai["package"]) == ("on", "openinference-instrumentation-crewai")
    assert crewai["misses"] == ["the calls of the model"]
    assert "does not capture: the calls of the model" in said


def test_never_twice(packages: Packages) -> None:
    """What the program switched on itself stays as it is, also where another package is preferred; asking again changes nothing."""
    packages.install("crewai", "crewai")
    for name in ("opentelemetry-instrumentation-crewai", "openinference-instrumentation-crewai"):
        packages.instrumentation(name)

    done, _ = packages.run(f"""
import crewai, sys
from opentelemetry_instrumentation_crewai import Instrumentor
Instrumentor().instrument(mine=True)
{CONFIGURE}
done = whyspan.instrument() + whyspan.instrument()
assert Instrumentor().options == {{"mine": True}}
assert "openinference_instrumentation_crewai" not in sys.modules
""")

    crews = [each for each in done if each["framework"] == "crewai"]
    assert [(each["state"], each["package"]) for each in crews] == [
        ("already on", "opentelemetry-instrumentation-crewai")
    ] * 2


def test_a_client_below_an_agent_framework(packages: Packages) -> None:
    """A client is left alone where an agent framework records its calls, is recorded where none does, and when named."""
    packages.install("agno", "agno")
    packages.install("groq", "groq")
    packages.instrumentation("openinference-instrumentation-agno")
    packages.instrumentation("openinference-instrumentation-groq")

    below, said = packages.run(f"import agno, groq\n{CONFIGURE}\ndone = whyspan.instrument()")
    alone, _ = packages.run(f"import groq\n{CONFIGURE}\ndone = whyspan.instrument()")
    named, _ = packages.run(f"import agno, groq\n{CONFIGURE}\ndone = whyspan.instrument('groq')")

    assert only(below, "groq")["state"] == "left alone"
    assert "agno records its calls; instrument('groq')" in said
    assert only(alone, "groq")["state"] == "on"
    assert only(alone, "agno")["state"] == "not imported"
    assert [(each["framework"], each["state"]) for each in named] == [("groq", "on")]


def test_before_the_imports(packages: Packages) -> None:
    """Called before anything is imported, it switches on what is installed."""
    packages.install("autogen-agentchat", "autogen_agentchat")
    packages.instrumentation("openinference-instrumentation-autogen-agentchat")

    done, _ = packages.run(f"""
import sys
sys.modules["whyspan.instrument"].FRAMEWORKS = [  # the real ones that are installed take seconds to import
    each for each in sys.modules["whyspan.instrument"].FRAMEWORKS if each.name == "autogen-agentchat"
]
{CONFIGURE}
done = whyspan.instrument()
""")

    assert only(done, "autogen-agentchat")["state"] == "on"


def test_a_package_for_other_versions(packages: Packages) -> None:
    """The next one takes over; when there is none the program goes on and is told."""
    packages.install("agno", "agno")
    packages.install("crewai", "crewai")
    packages.instrumentation("openinference-instrumentation-agno", "agno >= 2")
    packages.instrumentation("openinference-instrumentation-crewai", "crewai >= 2")
    packages.instrumentation("opentelemetry-instrumentation-crewai")

    done, said = packages.run(f"import agno, crewai\n{CONFIGURE}\ndone = whyspan.instrument()")

    assert only(done, "agno")["state"] == "failed"
    assert '"agno >= 2"' in only(done, "agno")["advice"]
    assert only(done, "agno")["advice"] in said
    assert only(done, "crewai")["package"] == "opentelemetry-instrumentation-crewai"


def test_nothing_is_installed_for_a_framework(packages: Packages) -> None:
    """It says which package to install; of what it does not know it recommends nothing."""
    packages.install("dspy", "dspy")
    packages.install("boto3", "boto3")

    done, said = packages.run(
        f"import dspy, boto3\n{CONFIGURE}\ndone = whyspan.instrument() + whyspan.instrument('agno', 'no')"
    )

    assert only(done, "dspy") == {
        "framework": "dspy",
        "state": "not installed",
        "package": None,
        "misses": [],
        "advice": "pip install openinference-instrumentation-dspy",
    }
    assert not [each for each in done if each["framework"] == "bedrock"]
    assert only(done, "agno")["state"] == "not installed"
    assert "does not know 'no'" in said


@pytest.mark.parametrize(
    ("platform", "module", "start"),
    [
        ("Logfire", "logfire", "provider = logfire.Provider(); trace.set_tracer_provider(provider)"),
        (
            "Langfuse",
            "langfuse",
            "provider = TracerProvider(); provider.add_span_processor(langfuse.Processor()); trace.set_tracer_provider(provider)",
        ),
    ],
)
def test_beside_a_platform(platform: str, module: str, start: str, packages: Packages) -> None:
    """Logfire and Langfuse bring their own instrumentation, so none of it is switched on a second time."""
    packages.install("agno", "agno")
    packages.instrumentation("openinference-instrumentation-agno")
    packages.install(
        module,
        module,
        "from opentelemetry.sdk.trace import SpanProcessor, TracerProvider\n"
        "class Provider(TracerProvider): ...\nclass Processor(SpanProcessor): ...\n",
    )

    done, said = packages.run(f"""
import agno, {module}
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
{start}
{CONFIGURE}
done = whyspan.instrument()
""")

    assert only(done, "agno")["state"] == "left alone"
    assert f"{platform} records this process" in said


def test_beside_traceloop(packages: Packages) -> None:
    """Traceloop's SDK likewise."""
    packages.install("agno", "agno")
    packages.instrumentation("openinference-instrumentation-agno")
    (packages.folder / "traceloop" / "sdk").mkdir(parents=True)
    (packages.folder / "traceloop" / "sdk" / "__init__.py").touch()

    done, _ = packages.run(f"import agno, traceloop.sdk\n{CONFIGURE}\ndone = whyspan.instrument()")

    assert only(done, "agno")["state"] == "left alone"


_THREADING = """
import threading
from opentelemetry import context

class Instrumentor:
    is_instrumented_by_opentelemetry = False

    def instrument(self, **options):
        start, run = threading.Thread.start, threading.Thread.run

        def started(thread):
            thread.here = context.get_current()
            start(thread)

        def ran(thread):
            token = context.attach(thread.here)
            try:
                run(thread)
            finally:
                context.detach(token)

        threading.Thread.start, threading.Thread.run = started, ran
"""


def test_threads(packages: Packages) -> None:
    """With OpenTelemetry's package for threads, here a stand-in, every thread works in the run it is started from."""
    packages.install("opentelemetry-instrumentation-threading", "a_stand_in", _THREADING, entry=True)
    packages.install("crewai", "crewai")

    done, said = packages.run(f"""
import threading
import crewai  # with one imported, the real ones that are installed are not: they take seconds
{CONFIGURE.replace("whyspan.configure(", "exporter = InMemorySpanExporter(); whyspan.configure(exporter=exporter) #")}
done = whyspan.instrument()
with whyspan.agent("lead"):
    thread = threading.Thread(target=whyspan.tool("step")(print))
    thread.start()
    thread.join()
whyspan.flush()
step, lead = exporter.get_finished_spans()
assert step.parent.span_id == lead.context.span_id
assert step.attributes["gen_ai.agent.name"] == "lead"
""")

    threads = only(done, "threads")
    assert (threads["state"], threads["package"]) == ("on", "opentelemetry-instrumentation-threading")
    assert "does not capture: process pools" in said


def test_threads_without_the_package(packages: Packages) -> None:
    """It is not mentioned where nobody asks, and recommended where somebody does."""
    packages.install("crewai", "crewai")

    done, said = packages.run(
        f"import crewai\n{CONFIGURE}\ndone = whyspan.instrument('threads')\nassert 'threads' not in str(whyspan.instrument())"
    )

    assert only(done, "threads")["state"] == "not installed"
    assert "pip install opentelemetry-instrumentation-threading" in said


def test_without_configure(packages: Packages) -> None:
    """Before `configure()` there is nothing to record with, and it says so."""
    packages.install("agno", "agno")
    packages.instrumentation("openinference-instrumentation-agno")

    done, said = packages.run("import agno\ndone = whyspan.instrument()")

    assert done == []
    assert "call configure() first" in said


def test_pydantic_ai() -> None:
    """It traces by itself when told to, and keeps what it was told first."""
    pytest.importorskip("pydantic_ai", reason="the dependency group `examples` has it")

    done, _ = Packages(Path("/nonexistent")).run(f"""
import pydantic_ai
{CONFIGURE}
done = whyspan.instrument() + whyspan.instrument()
""")

    assert [each["state"] for each in done if each["framework"] == "pydantic-ai"] == ["on", "already on"]
