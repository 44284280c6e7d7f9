"""What a person did about an incident: one record of the append-only table `incident_events`, chained (`event_chain`)."""

import re
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias, get_args

from whyspan_collector.errors import QueryError

Kind: TypeAlias = Literal["status", "owner", "note", "test", "merge", "split"]
State: TypeAlias = Literal["open", "acknowledged", "fixed", "ignored"]

LONGEST: Final = 10_000
"""Characters of a note, an owner, a version or a name."""
_SIGNATURE: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One of them. Raises QueryError when it is made of what makes no sense."""

    at_ns: int
    """By our clock, nanoseconds since the epoch."""
    incident: str
    """The signature it is about."""
    kind: Kind
    value: str | None = None
    """The status, the owner (None: nobody any more), the words of the note, or the name of the test."""
    version: str | None = None
    """With status `fixed`: the version that holds the fix, None where there are no versions."""
    other: str | None = None
    """With `merge` the signature it is merged into, with `split` the one it is kept apart from."""
    person: str | None = None
    """Who did it, as they call themselves."""

    def __post_init__(self) -> None:
        """Checks what comes from outside."""
        if self.kind not in get_args(Kind):
            raise QueryError(f"there is no kind of event {self.kind!r}; there are {', '.join(get_args(Kind))}")
        if not isinstance(self.at_ns, int) or not 0 <= self.at_ns < 2**64:
            raise QueryError("the time of an event is a number of nanoseconds since the epoch")
        for text in (self.value, self.version, self.other, self.person):
            if text is not None and not (isinstance(text, str) and len(text) <= LONGEST):
                raise QueryError(f"an event is made of texts of at most {LONGEST:,} characters")
        named = (self.incident, self.other) if self.kind in ("merge", "split") else (self.incident,)
        if not all(isinstance(name, str) and _SIGNATURE.fullmatch(name) for name in named):
            raise QueryError("an incident is named by its signature, 12 hex digits")
        if self.kind in ("merge", "split") and self.incident == self.other:
            raise QueryError("an incident cannot be merged with itself, nor kept apart from itself")
        if self.kind == "status" and self.value not in get_args(State):
            raise QueryError(f"there is no status {self.value!r}; there are {', '.join(get_args(State))}")
        if self.kind in ("note", "test") and not self.value:
            raise QueryError(f"a {self.kind} needs {'words' if self.kind == 'note' else 'a name'}")


def read_event(sent: Any) -> IncidentEvent:
    """The event a JSON document describes. Raises QueryError where it describes none."""
    names = {field.name for field in fields(IncidentEvent)}
    if not isinstance(sent, dict) or not {"at_ns", "incident", "kind"} <= sent.keys() <= names:
        raise QueryError(f"an incident event is a JSON object with at_ns, incident and kind, of {sorted(names)}")
    return IncidentEvent(**sent)
