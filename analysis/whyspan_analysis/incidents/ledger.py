"""What people did about incidents, folded into the present state: merged signatures, status, owner, notes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from whyspan_collector.incident_events import State
from whyspan_collector.service import AnyStore


@dataclass(frozen=True, slots=True)
class Note:
    """Words of a person."""

    at_ns: int
    person: str | None
    text: str


@dataclass(slots=True)
class Standing:
    """Where an incident stands, as people left it."""

    status: State = "open"
    version: str | None = None
    """With status `fixed`: the version that holds the fix."""
    at_ns: int | None = None
    """When the status was set last."""
    person: str | None = None
    """Who set it."""
    owner: str | None = None
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Ledger:
    """All of them. An incident is named by the signature the others were merged into."""

    _into: dict[str, str] = field(default_factory=dict)
    _apart: set[frozenset[str]] = field(default_factory=set)
    _events: list[Mapping[str, Any]] = field(default_factory=list)

    def incident(self, signature: str) -> str:
        """The incident a signature belongs to: itself, unless it was merged."""
        while signature in self._into:
            signature = self._into[signature]
        return signature

    def kept_apart(self, one: str, other: str) -> bool:
        """True when somebody said that the two are not the same."""
        return frozenset((one, other)) in self._apart

    def standing(self, incident: str) -> Standing:
        """Where an incident stands: what was done about any of the signatures it is made of now, in order."""
        standing = Standing()
        for event in self._events:
            if self.incident(event["incident"]) != incident:
                continue
            if event["kind"] == "status":
                standing.status, standing.version = event["value"], event["version"]
                standing.at_ns, standing.person = event["at_ns"], event["person"]
            elif event["kind"] == "owner":
                standing.owner = event["value"]
            elif event["kind"] == "note":
                standing.notes.append(Note(event["at_ns"], event["person"], event["value"]))
        return standing

    def add(self, event: Mapping[str, Any]) -> None:
        """Takes the next event."""
        self._events.append(event)
        one, other = event["incident"], event["other"]
        if event["kind"] == "merge" and self.incident(one) != self.incident(other):
            self._into[self.incident(one)] = self.incident(other)
            self._apart.discard(frozenset((one, other)))
        elif event["kind"] == "split":
            for first, second in ((one, other), (other, one)):
                if self._into.get(first) is not None and self.incident(first) == self.incident(second):
                    del self._into[first]
                    break
            self._apart.add(frozenset((one, other)))


def fold(events: Iterable[Mapping[str, Any]]) -> Ledger:
    """The ledger after these events (rows of `incident_events`), oldest first."""
    ledger = Ledger()
    for event in events:
        ledger.add(event)
    return ledger


def read_ledger(store: AnyStore) -> Ledger:
    """The ledger of a store."""
    return fold(store.query("incident_events").to_pylist())
