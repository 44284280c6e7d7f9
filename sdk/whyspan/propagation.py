"""A run across threads, processes and machines: the current context, bound to a function or written into a carrier.

Coroutines, tasks, `asyncio.to_thread` and generators need nothing; threads and executors need `propagate`; other
processes and machines need a carrier, in the form of W3C Trace Context and Baggage.
"""

import functools
import inspect
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final, cast

from opentelemetry import baggage
from opentelemetry import context as otel
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from whyspan import runtime, semconv
from whyspan.faults import contained
from whyspan.values import mapped, to_text, truth_of
from whyspan.wrapping import P, R

_W3C: Final = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
_FIELDS: Final = frozenset({"traceparent", "tracestate", "baggage"})


def propagate(function: Callable[P, R]) -> Callable[P, R]:
    """Binds a function to the run it is passed on from: in whichever thread it runs, it works in that run.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> with ThreadPoolExecutor() as pool:
        ...     list(pool.map(propagate(len), ["a", "bc"]))
        [1, 2]
    """
    here = otel.get_current()

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def bound_later(*args: P.args, **kwargs: P.kwargs) -> object:
            token = otel.attach(here)
            try:
                return await function(*args, **kwargs)
            finally:
                otel.detach(token)

        return cast("Callable[P, R]", bound_later)

    @functools.wraps(function)
    def bound(*args: P.args, **kwargs: P.kwargs) -> R:
        token = otel.attach(here)
        try:
            return function(*args, **kwargs)
        finally:
            otel.detach(token)

    return bound


def carrier(*, environment: bool = False) -> dict[str, str]:
    """The current place in the run as text, to take along to another process or machine; empty outside of spans.

    Args:
        environment: True for names as environment variables have them: `TRACEPARENT` instead of `traceparent`.

    Example:
        >>> import os, subprocess, sys
        >>> with_run = {**os.environ, **carrier(environment=True)}
        >>> done = subprocess.run([sys.executable, "-c", "pass"], env=with_run)
        >>> headers = {"accept": "application/json", **carrier()}
    """
    with contained:
        context = otel.get_current()
        if (scope := runtime.scope(context)) is not None:
            context = runtime.carried(scope.run.run_id, scope.constraints, context)
        carried: dict[str, str] = {}
        _W3C.inject(carried, context)
        return {name.upper(): text for name, text in carried.items()} if truth_of(environment) else carried
    return {}


@contextmanager
def continued(carried: Mapping[str, str]) -> Generator[None]:
    """Works in the run that a carrier came from, for the time of a `with` block.

    A child process does this by itself in `configure()` when it finds a carrier in its environment.

    Args:
        carried: The headers of a request, or the environment; other names in it are ignored, upper or lower case.

    Example:
        >>> with continued({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}):
        ...     pass  # answer the request
    """
    token = None
    with contained:
        token = otel.attach(_extracted(carried))
    try:
        yield
    finally:
        if token is not None:
            otel.detach(token)


def continue_from_environment() -> None:
    """In a child process that was given a carrier of ours: everything it does is part of that run.

    A `TRACEPARENT` alone, as build systems set it, is not taken for one.
    """
    context = _extracted(os.environ)
    if baggage.get_baggage(semconv.RUN_ID, context) is not None and runtime.scope() is None:
        otel.attach(context)


def _extracted(carried: Mapping[str, str]) -> otel.Context:
    told = {name.lower(): text for name, text in mapped(carried).items()}
    return _W3C.extract({name: to_text(told[name]) for name in _FIELDS if name in told})
