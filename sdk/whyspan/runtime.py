"""What the SDK knows while it runs: the tracer of this process, and the run and agent the current context is in."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry import context as otel
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY, Context
from opentelemetry.trace import Span, Tracer

from whyspan.memory import Memory


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an agent for one task, while it runs."""

    run_id: str
    root: Span
    """The root agent's span; outcomes are recorded on it."""
    memory: Memory
    """What the tools and agents of this run have returned."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in a run some code executes. Travels with OpenTelemetry's context, so wherever spans find their parent."""

    run: Run
    agent: str
    """Name of the innermost agent."""
    constraints: tuple[str, ...] = ()
    """The constraints of this agent and of those around it."""


_SCOPE: Final = otel.create_key("whyspan-scope")
_tracer: Tracer | None = None


def tracer() -> Tracer | None:
    """The tracer spans are started with; None until `configure()`: then nothing is recorded and nothing costs."""
    return _tracer


def use(tracer: Tracer | None) -> Tracer | None:
    """Starts spans with this tracer from now on; returns the one before it."""
    global _tracer
    previous, _tracer = _tracer, tracer
    return previous


def scope(context: Context | None = None) -> Scope | None:
    """The scope of a context, by default of the calling code; None outside any agent."""
    found = (otel.get_current() if context is None else context).get(_SCOPE)
    return found if isinstance(found, Scope) else None


@contextmanager
def quietly() -> Generator[None]:
    """For our own work: what instrumentations see of it, such as the requests to the collector, is not recorded."""
    context = otel.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True)
    token = otel.attach(otel.set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, context))
    try:
        yield
    finally:
        otel.detach(token)


def within(scope: Scope, context: Context) -> Context:
    """The same context, in this scope."""
    return otel.set_value(_SCOPE, scope, context)
