"""What a fault is."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.faults.operations import Kind, Op


@dataclass(frozen=True, slots=True)
class Fault:
    """One way an operation goes wrong."""

    id: str
    name: str
    on: frozenset[Kind]
    mechanical: bool
    """True when the record of the operation itself shows that it went wrong, whatever the task was."""
    inject: Callable[[Op, Random], bool]
    """Rewrites the operation; False when it cannot go wrong in this way, and then nothing is changed."""


FAULTS: dict[str, Fault] = {}
"""All of them by id; the modules that hold them fill it."""


def fault(
    fault_id: str, name: str, *on: Kind, mechanical: bool = False
) -> Callable[[Callable[[Op, Random], bool]], Fault]:
    """Makes a fault of the function that injects it."""

    def make(inject: Callable[[Op, Random], bool]) -> Fault:
        made = FAULTS[fault_id] = Fault(fault_id, name, frozenset(on), mechanical, inject)
        return made

    return make
