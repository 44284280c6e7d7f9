"""Faults of what tools do: errors, timeouts, empty and outdated results, changed units. The agent asked rightly."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.faults.fault import fault
from benchmarks.faults.operations import Op
from benchmarks.faults.shapes import defaults, emptied, imagined, mapped

_READS = ("pure-read", "volatile-read")


def _raising(error: Exception) -> Callable[..., Any]:
    def run(**_: Any) -> Any:
        raise error

    return run


def _then(run: Callable[..., Any] | None, change: Callable[[Any], Any]) -> Callable[..., Any]:
    assert run is not None

    def changed(**arguments: Any) -> Any:
        return change(copy.deepcopy(run(**arguments)))

    return changed


@fault("F01", "tool error ignored", "use", mechanical=True)
def error_ignored(op: Op, rng: Random) -> bool:
    """A write fails, and the agent goes on as if it had worked."""
    if op.effect in (None, *_READS):
        return False
    op.run = _raising(
        RuntimeError(
            rng.choice(["503 Service Unavailable", "internal error", "deadlock detected, transaction rolled back"])
        )
    )
    op.believes, op.patience = (lambda _: {**op.arguments, "status": "done"}), 0
    return True


@fault("F02", "timeout swallowed by a default", "use", mechanical=True)
def swallowed_timeout(op: Op, rng: Random) -> bool:
    """A read gives zeros and nothing instead of saying that it timed out."""
    if op.effect not in _READS:
        return False
    op.run = _then(op.run, lambda result: defaults(result, op.arguments))
    return True


@fault("F03", "empty retrieval answered from", "use", mechanical=True)
def empty_retrieval(op: Op, rng: Random) -> bool:
    """A search finds nothing; the agent goes on with what it imagines it found."""
    if op.effect not in _READS:
        return False
    made_up: list[Any] = []

    def run(**arguments: Any) -> Any:
        assert inner is not None
        result = copy.deepcopy(inner(**arguments))
        made_up.append(imagined(result, rng))
        return emptied(result)

    inner, op.run = op.run, run
    op.believes = lambda _: made_up[-1] if made_up else []
    return True


@fault("F05", "stale cache", "use")
def stale_cache(op: Op, rng: Random) -> bool:
    """A read gives what was true when the run began."""
    if op.effect != "volatile-read":
        return False
    op.run = op.initial
    return True


@fault("F21", "retry storm", "use", mechanical=True)
def retry_storm(op: Op, rng: Random) -> bool:
    """A tool answers 429 again and again; the agent keeps hammering, then gives up."""
    op.run = _raising(ConnectionError(f"429 Too Many Requests, retry after {rng.randint(20, 90)} s"))
    op.patience = rng.randint(7, 12)
    return True


@fault("F26", "silent change of a tool's units", "use")
def changed_units(op: Op, rng: Random) -> bool:
    """A tool gives amounts in cents from one day to the next."""
    if op.effect not in _READS or op.run is None:
        return False

    def cents(_: str, scalar: Any) -> Any:
        return round(scalar * 100) if isinstance(scalar, float) else scalar

    op.run = _then(op.run, lambda result: mapped(result, cents))
    return True


@fault("F30", "tool crash leaves the program", "use", mechanical=True)
def crash(op: Op, rng: Random) -> bool:
    """A tool raises what nobody catches."""
    name = rng.choice(sorted(op.arguments)) if op.arguments else "payload"
    op.run = _raising(
        rng.choice([KeyError(name), RuntimeError("connection pool is closed"), UnicodeError("invalid start byte 0x93")])
    )
    op.fatal = True
    return True


@fault("F33", "model endpoint down", "use", "choose", "derive", "answer", mechanical=True)
def model_down(op: Op, rng: Random) -> bool:
    """The model does not answer, and nobody catches that."""
    op.unreachable = True
    return True
