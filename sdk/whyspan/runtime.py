"""What the SDK knows while it runs: the tracer of this process, and the run and agent the current context is in."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry import baggage
from opentelemetry import context as otel
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY, _SUPPRESS_INSTRUMENTATION_KEY, Context
from opentelemetry.trace import Span, Tracer

from whyspan import semconv
from whyspan.faults import warn_once
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


_CARRIED_LIMIT: Final = 2000
"""Characters of JSON; W3C Baggage promises 8,192 bytes for everybody's, and percent-encoding may triple ours."""
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


def carried(run_id: str, constraints: tuple[str, ...], context: Context) -> Context:
    """The same context, with what another process has to know about the run in its baggage."""
    context = baggage.set_baggage(semconv.RUN_ID, run_id, context)
    if not constraints:
        return context
    told = json.dumps(constraints)
    if len(told) > _CARRIED_LIMIT:
        warn_once(
            f"constraints of {len(told)} characters are too long for a carrier; the other process does not get them"
        )
        return context
    return baggage.set_baggage(semconv.RUN_CONSTRAINTS, told, context)


def carried_run_id() -> str | None:
    """The id of the run that another process began and this one takes part in."""
    carried = baggage.get_baggage(semconv.RUN_ID)
    return carried if isinstance(carried, str) else None


def carried_constraints() -> tuple[str, ...]:
    """The constraints that were in force there."""
    told = baggage.get_baggage(semconv.RUN_CONSTRAINTS)
    try:
        carried = json.loads(told) if isinstance(told, str) else ()
    except (ValueError, RecursionError):  # cut on the way, or somebody else's
        return ()
    return tuple(each for each in carried if isinstance(each, str)) if isinstance(carried, list) else ()


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
