"""What people did about incidents, folded into the present state: merged signatures, status, owner, notes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from whyspan_collector.incident_events import State
from whyspan_collector.service import AnyStore


@dataclass(frozen=True, slots=True)
class Note:
    """Words of a person."""

    at_ns: int
    person: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Something a person did against an incident."""

    kind: Literal["fix", "test"]
    at_ns: int
    person: str | None
    name: str | None
    """Of a fix: the version that holds it, where there are versions. Of a test: its name."""


@dataclass(slots=True)
class Standing:
    """Where an incident stands, as people left it."""

    status: State = "open"
    done: list[Done] = field(default_factory=list)
    """All fixes and tests that were ever recorded, oldest first; of a test that was written again, the first time."""
    owner: str | None = None
    notes: list[Note] = field(default_factory=list)

    @property
    def fix(self) -> Done | None:
        """The fix that counts: the last one, while the incident is called fixed."""
        fixes = [done for done in self.done if done.kind == "fix"]
        return fixes[-1] if self.status == "fixed" else None

    def take(self, event: Mapping[str, Any]) -> None:
        """Takes the next event about the incident."""
        at_ns, person, value = event["at_ns"], event["person"], event["value"]
        if event["kind"] == "status":
            self.status = value
            if value == "fixed":
                self.done.append(Done("fix", at_ns, person, event["version"]))
        elif event["kind"] == "owner":
            self.owner = value
        elif event["kind"] == "note":
            self.notes.append(Note(at_ns, person, value))
        elif event["kind"] == "test" and not any(done.kind == "test" and done.name == value for done in self.done):
            self.done.append(Done("test", at_ns, person, value))


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
            if self.incident(event["incident"]) == incident:
                standing.take(event)
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
