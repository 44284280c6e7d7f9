"""Whose records a run has seen, as far as their fields say: a value that stands only in records of others is foreign to it."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from whyspan.rules.lineage import MAX_LEAVES, canonical, is_value, scalars
from whyspan.rules.results import unwrapped

_OWNER: Final = re.compile(
    r"customer|user|owner|e-?mail|account|member|client|buyer|passenger|patient|tenant|holder|guest|employee|login",
    re.IGNORECASE,
)
"""Fields that say whose a record is."""
Fields = dict[str, Any]


class Owners:
    """The records of one run so far. Results are read only when a rule first asks."""

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._holding: dict[str, list[Fields]] = defaultdict(list)
        """Value -> the fields that say whose it is, of each record that holds it."""
        self._known: dict[str, set[str]] = defaultdict(set)
        """Field that tells an owner -> the owners seen in it."""

    def observe(self, result: Any) -> None:
        """A tool returned this."""
        self._waiting.append(result)

    def read(self) -> None:
        """Takes in what was observed since; otherwise the first question does."""
        while self._waiting:
            for number, (record, owners) in enumerate(_records(unwrapped(self._waiting.pop(0)))):
                if number >= MAX_LEAVES:
                    break
                for key, owner in owners.items():
                    self._known[key].add(canonical(owner))
                for value in record.values():
                    if is_value(str(value)):
                        self._holding[canonical(value)].append(owners)

    def foreign(self, value: Any, is_given: Callable[[Any], bool]) -> list[str]:
        """The ids in a value that stand in somebody's records, and in none of those the run was told about.

        Somebody is told about where a record names, in a field such as `customer`, what the task names.
        """
        self.read()
        meant = {key for key, owners in self._known.items() if any(map(is_given, owners))}
        return [
            str(scalar)
            for scalar in scalars(value)
            if meant and is_value(str(scalar)) and not is_given(scalar) and self._is_anothers(scalar, meant, is_given)
        ]

    def _is_anothers(self, scalar: Any, meant: set[str], is_given: Callable[[Any], bool]) -> bool:
        found = [
            (key, owner)
            for owners in self._holding.get(canonical(scalar), ())
            for key, owner in owners.items()
            if canonical(owner) != canonical(scalar)
        ]
        return not any(is_given(owner) for _, owner in found) and any(key in meant for key, _ in found)


def _records(value: Any) -> Iterator[tuple[Fields, Fields]]:
    """(what an object of the result holds, what it and those around it say of their owner), outermost first."""
    waiting: list[tuple[Any, Fields]] = [(value, {})]
    while waiting:
        held, around = waiting.pop()
        if isinstance(held, list | tuple):
            waiting += [(each, around) for each in held]
        elif isinstance(held, dict):
            record = {str(key): each for key, each in held.items() if isinstance(each, str | int)}
            owners = {**around, **{key: each for key, each in record.items() if _OWNER.search(key)}}
            yield record, owners
            waiting += [(each, owners) for each in held.values() if isinstance(each, dict | list | tuple)]
